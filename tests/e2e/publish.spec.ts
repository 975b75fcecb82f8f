// Publishing in the browser: from a model file that no server has seen before to calls that it
// answers, then the next version, and an endpoint that keeps its own model through it. And files that
// must be refused, with what is said of them.

import { randomBytes } from "node:crypto";
import type { Locator, Page } from "@playwright/test";
import { call, column } from "./calls.ts";
import { expect, passes, test } from "./fixtures.ts";
import { keyboard, mouse, tabTo, type Hands } from "./hands.ts";
import { answer, linear, linearModel, scaledPackage, zip } from "./onnx.ts";
import { get, inSession, service } from "./rest.ts";

const WITHIN_MS = 180_000;
const COLUMNS = ["rooms", "area", "age"];
const ROW = [3, 92.5, 41];


const main = (page: Page) => page.getByRole("main");
const heading = (page: Page, name: string | RegExp) => main(page).getByRole("heading", { level: 1, name });
const saved = (page: Page) => main(page).getByText("All changes saved");

/** Hands a file to the page as the button that chooses one does. */
async function choose({ press }: Hands, page: Page, button: Locator, name: string, bytes: Buffer): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), press(button)]);
  await chooser.setFiles({ name, mimeType: "application/octet-stream", buffer: bytes });
}

/** Uploads a file on the page that publishes, and waits until it can be described. */
async function upload(hands: Hands, page: Page, name: string, bytes: Buffer): Promise<void> {
  await choose(hands, page, main(page).getByRole("button", { name: "Choose file" }), name, bytes);
  await expect(main(page).getByRole("heading", { name: `Describe ${name}` })).toBeVisible({ timeout: 60_000 });
}

/** Puts a text in the place of what a field holds. */
async function fill({ type }: Hands, page: Page, field: Locator, text: string): Promise<void> {
  await type(field, "");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(text);
}

/** Turns a switch over. */
async function toggle(by: string, page: Page, target: Locator): Promise<void> {
  if (by === "mouse") return target.click();
  await tabTo(page, target);
  await page.keyboard.press("Space");
}

/** The score of one row, by an endpoint's own URL and key. */
async function scored(url: string, key: string): Promise<number> {
  const answered = await call(url, key, { columns: COLUMNS, rows: [ROW.map(String)] });
  expect(answered.status, answered.text).toBe(200);
  return Number(column(answered, "Scored Labels")[0]);
}

const near = (expected: number) => ({
  of: (score: number) => expect(Math.abs(score - expected), `${score} for ${expected}`).toBeLessThan(1e-3 + Math.abs(expected) * 1e-6),
});

for (const [by, handsOf] of Object.entries({ mouse, keyboard })) {
  test(`a model never seen before is published and customised by ${by}, and updated`, async ({ page, server, signIn }) => {
    const hands = handsOf(page);
    const { press, type } = hands;
    const fitted = linear(3);
    const own = linear(3);
    const name = `House prices ${by}`;
    await signIn(page, "publisher");

    const begun = performance.now();
    await page.goto(`/workspaces/${service(server.demo).workspace_id}`);
    await press(main(page).getByRole("link", { name: "Publish a model" }));
    await expect(heading(page, "Publish a model")).toBeFocused();
    await expect(main(page).getByRole("button", { name: "Choose file" })).toBeVisible();
    if (by === "mouse") await passes(page, "publish-start");
    await upload(hands, page, "prices.onnx", linearModel(fitted));

    const field = (label: string) => main(page).getByLabel(label, { exact: true });
    await fill(hands, page, field("Name"), name);
    const replaceable = main(page).getByRole("switch", { name: "Endpoints may replace prices.onnx" });
    if (!(await replaceable.isChecked())) await toggle(by, page, replaceable);
    await expect(replaceable).toBeChecked();
    await press(main(page).getByRole("button", { name: "Paste column names" }));
    const dialog = page.getByRole("dialog", { name: "Column names" });
    await type(dialog.getByLabel("Column names"), COLUMNS.join(", "));
    await press(dialog.getByRole("button", { name: "Name the columns" }));
    await expect(field("Column 1")).toHaveValue("rooms");
    await expect(field("Column 1")).toBeFocused();
    await expect(saved(page)).toBeVisible();
    for (const [index, value] of ROW.entries()) {
      await fill(hands, page, field(`${COLUMNS[index]}, row 1`), String(value));
    }
    await press(main(page).getByRole("button", { name: "Score sample rows" }));
    const score = main(page).locator("td.publish-score").first();
    await expect(score).not.toBeEmpty();
    near(answer(fitted, ROW)).of(Number(await score.textContent()));
    await expect(main(page).getByText("All changes saved")).toBeVisible();
    if (by === "mouse") await passes(page, "publish-describe");

    await press(main(page).getByRole("button", { name: "Publish", exact: true }));
    await expect(heading(page, "Version 1")).toBeVisible();
    await expect(main(page).getByText("Version 1 is published.")).toBeVisible();
    if (by === "mouse") await passes(page, "version-first");

    // A second endpoint, with a model of its own.
    await press(main(page).getByRole("link", { name: "Add endpoint" }));
    const form = page.getByRole("dialog", { name: `Add endpoint to ${name}` });
    await type(form.getByLabel("Name", { exact: true }), "acme");
    await expect(form.getByRole("status").filter({ hasText: "Free" })).toBeVisible();
    await press(form.getByRole("button", { name: "Create endpoint" }));
    const created = page.getByRole("dialog", { name: "Endpoint created" });
    await expect(created.getByText(/^portico_/).first()).toBeVisible();
    const [url, key] = await created.locator("code").allTextContents().then(urlAndKey);
    await press(created.getByRole("button", { name: "Open endpoint" }));
    await expect(heading(page, "acme")).toBeVisible();
    near(answer(fitted, ROW)).of(await scored(url, key));

    await press(page.getByRole("navigation").getByRole("link", { name: "Models", exact: true }));
    const replace = main(page).getByRole("button", { name: "Upload your own model" });
    await choose(hands, page, replace, "own.onnx", linearModel(own));
    await expect(main(page).getByText("Own model", { exact: true })).toBeVisible();
    near(answer(own, ROW)).of(await scored(url, key));
    const took = performance.now() - begun;
    console.log(`\npublished, customised and called by ${by} in ${(took / 1000).toFixed(1)} s`);
    expect(took).toBeLessThan(WITHIN_MS);

    // The next version has a stage of preparation and another model. The endpoint takes the stage and
    // keeps its model.
    const next = linear(3);
    const path = new URL(page.url()).pathname.replace(/\/endpoints\/.*/, "");
    await page.goto(path);
    await press(main(page).getByRole("link", { name: "Publish a version" }));
    await expect(heading(page, "Publish a version")).toBeVisible();
    const resource = await firstResource(page, path);
    await upload(hands, page, "prices-2.zip", scaledPackage(name, COLUMNS, 2, next, resource));
    await type(main(page).getByLabel(/^Notes for customers/), "Rows are scaled before they are scored.");
    await expect(main(page).getByText("The sample rows score as expected")).toBeVisible();
    await expect(saved(page)).toBeVisible();
    // Callers of the inference protocol name the tensor, which is another one now.
    await expect(main(page).getByRole("listitem").filter({ hasText: "breaks callers" })).toHaveCount(3);
    await toggle(by, page, main(page).getByRole("checkbox", { name: /^Publish all the same/ }));
    if (by === "mouse") await passes(page, "publish-next");
    await press(main(page).getByRole("button", { name: "Publish", exact: true }));
    await expect(heading(page, "Version 2")).toBeVisible();
    await expect(main(page).getByText("Rows are scaled before they are scored.")).toBeVisible();
    near(answer(own, ROW)).of(await scored(url, key));

    await page.goto(`${path}/endpoints/acme/models`);
    await press(main(page).getByRole("button", { name: "Update…" }));
    const update = page.getByRole("dialog", { name: "Update acme" });
    await press(update.getByRole("button", { name: "Update to version 2" }));
    await expect(update).toHaveCount(0);
    await expect(main(page).getByText("Own model", { exact: true })).toBeVisible();
    near(answer(own, ROW.map((value) => value * 2))).of(await scored(url, key));

    await page.goto(`${path}/versions`);
    await expect(main(page).getByRole("rowheader")).toHaveText([/Version 2/, /Version 1/]);
    if (by === "mouse") await passes(page, "versions");
  });
}

/** The URL and the primary key among what the dialog shows. */
function urlAndKey(texts: string[]): [string, string] {
  const url = texts.find((text) => text.startsWith("http"));
  const key = texts.find((text) => text.startsWith("portico_"));
  if (!url || !key) throw new Error(`no URL or no key among ${texts.length} texts`);
  return [url, key];
}

async function firstResource(page: Page, path: string): Promise<string> {
  const { body } = await inSession(page, "GET", `${path}/versions/1`);
  return body.stages[0].resource;
}

/** The page that publishes a new service, with nothing on it yet. */
async function begin(page: Page, workspace: string): Promise<void> {
  await page.goto(`/workspaces/${workspace}/publish`);
  await expect(main(page).getByRole("button", { name: "Choose file" })).toBeVisible();
}

const REFUSED: Record<string, [name: string, bytes: () => Buffer, reason: RegExp]> = {
  "random bytes": ["noise.onnx", () => randomBytes(4_000), /onnx/i],
  "a package with a path outside itself": [
    "escape.zip",
    () => zip({ "manifest.json": "{}", "../../outside.onnx": linearModel(linear(2)) }),
    /\.\.\/\.\.\/outside\.onnx/,
  ],
  "a package without a manifest": ["empty.zip", () => zip({ "model.onnx": linearModel(linear(2)) }), /manifest\.json/],
};

for (const [what, [name, bytes, reason]] of Object.entries(REFUSED)) {
  test(`${what}: refused with the reason, and nothing is published`, async ({ page, server, signIn, guard }) => {
    guard.allow(/Failed to load resource.* 4\d\d /);
    const { workspace_id: workspace } = service(server.demo);
    await signIn(page, "publisher");
    const services = `/workspaces/${workspace}/services`;
    const before = await get<{ items: unknown[] }>(server.url, server.demo, services);
    await begin(page, workspace);
    await choose(mouse(page), page, main(page).getByRole("button", { name: "Choose file" }), name, bytes());
    const refusal = main(page).getByRole("alert").filter({ hasText: reason });
    await expect(refusal).toBeVisible({ timeout: 60_000 });
    await passes(page, `publish-refused-${name.split(".")[0]}`);
    expect(await get(server.url, server.demo, services)).toEqual(before);
    // Another file can be tried at once.
    await expect(main(page).getByRole("button", { name: /^Choose (another )?file$/ })).toBeVisible();
  });
}

test("a version that breaks callers says how, and is published only once that is ticked", async ({ page, server, signIn }) => {
  const { workspace_id: workspace } = service(server.demo);
  await signIn(page, "publisher");
  const hands = mouse(page);
  await begin(page, workspace);
  await upload(hands, page, "first.zip", scaledPackage("Breaking", COLUMNS, 1, linear(3), "price"));
  await main(page).getByRole("button", { name: "Publish", exact: true }).click();
  await expect(heading(page, "Version 1")).toBeVisible();
  const path = new URL(page.url()).pathname.replace(/\/versions\/.*/, "");
  // On the way back stands what became of the draft, and another file can be chosen.
  await page.goBack();
  await expect(main(page).getByText("This draft is published.")).toBeVisible();
  await main(page).getByRole("button", { name: "Choose another file" }).click();
  await expect(main(page).getByRole("button", { name: "Choose file" })).toBeVisible();

  await page.goto(`${path}/publish`);
  const renamed = ["rooms", "area", "floor"];
  await upload(hands, page, "second.zip", scaledPackage("Breaking", renamed, 1, linear(3), "price"));
  const changes = main(page).getByRole("listitem").filter({ hasText: "breaks callers" });
  await expect(changes.filter({ hasText: "age" })).not.toHaveCount(0);
  await expect(changes.filter({ hasText: "floor" })).not.toHaveCount(0);
  const publish = main(page).getByRole("button", { name: /^Publish/ }).last();
  await expect(publish).toHaveAttribute("aria-disabled", "true");
  await publish.click({ force: true });
  expect((await get<{ newest_version: number }>(server.url, server.demo, path)).newest_version).toBe(1);
  await passes(page, "publish-breaking");

  await main(page).getByRole("checkbox", { name: /^Publish all the same/ }).check();
  await expect(publish).not.toHaveAttribute("aria-disabled", "true");
  await publish.click();
  await expect(heading(page, "Version 2")).toBeVisible();
  await page.goto(`${path}/versions`);
  await expect(main(page).getByRole("row").filter({ hasText: "Version 2" })).toContainText("breaking");
});

test("what is wrong is marked at its field, and what is typed is there again later", async ({ page, server, signIn, guard }) => {
  guard.allow(/Failed to load resource/);
  const { workspace_id: workspace } = service(server.demo);
  await signIn(page, "publisher");
  await begin(page, workspace);
  await upload(mouse(page), page, "kept.onnx", linearModel(linear(3)));
  const field = (label: string) => main(page).getByLabel(label, { exact: true });
  await field("Name").fill("Kept");
  const lowest = field("Lowest of f1");
  await lowest.fill("many");
  await expect(main(page).getByText("Not a number.")).toBeVisible();
  await expect(lowest).toHaveAttribute("aria-invalid", "true");
  await expect(main(page).getByRole("button", { name: /^Publish/ }).last()).toHaveAttribute("aria-disabled", "true");
  await passes(page, "publish-marked");
  // What can't be saved is not left by mistake.
  const leave = page.getByRole("dialog", { name: "Leave without saving?" });
  await page.getByRole("banner").getByRole("link").first().click();
  await leave.getByRole("button", { name: "Cancel" }).click();
  await expect(lowest).toHaveValue("many");
  await lowest.fill("-1.5");
  await field("Meaning of f1").fill("What it means");
  await expect(saved(page)).toBeVisible();

  await begin(page, workspace);
  await main(page).getByRole("button", { name: "Continue Kept" }).click();
  await expect(field("Name")).toHaveValue("Kept");
  await expect(field("Lowest of f1")).toHaveValue("-1.5");
  await expect(field("Meaning of f1")).toHaveValue("What it means");
  // A cell is called by its column's present name.
  await field("Column 1").fill("rooms");
  await expect(field("Lowest of rooms")).toHaveValue("-1.5");

  // Scores go as soon as a row is another one, and come with the next scoring.
  const score = main(page).locator("td.publish-score").first();
  await main(page).getByRole("button", { name: "Score sample rows" }).click();
  await expect(score).not.toBeEmpty();
  await field("rooms, row 1").fill("x");
  await expect(score).toHaveCount(0);
  await field("rooms, row 1").fill("7");

  // What was typed last is saved on the way to another page, whatever else is under way.
  const notes = main(page).getByLabel(/^Notes for customers/);
  await notes.fill("Typed last");
  const id = new URL(page.url()).searchParams.get("draft");
  await page.getByRole("banner").getByRole("link").first().click();
  await expect(heading(page, "Workspaces")).toBeVisible();
  const kept = async () => (await inSession(page, "GET", `/workspaces/${workspace}/drafts/${id}`)).body.notes;
  await expect.poll(kept).toBe("Typed last");
  await begin(page, workspace);
  await main(page).getByRole("button", { name: "Continue Kept" }).click();
  await expect(notes).toHaveValue("Typed last");
  await expect(field("rooms, row 1")).toHaveValue("7");

  // A draft that can't be thrown away stays.
  const draft = /\/api\/v1\/.*\/drafts\//;
  await page.route(draft, (route) => (route.request().method() === "DELETE" ? route.abort() : route.fallback()));
  const discard = async () => {
    await main(page).getByRole("button", { name: "Discard draft" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Discard draft" }).click();
  };
  await discard();
  await expect(main(page).getByRole("alert").filter({ hasText: "could not be reached" })).toBeVisible();
  await expect(field("Name")).toHaveValue("Kept");
  await page.unroute(draft);
  await discard();
  await expect(main(page).getByRole("button", { name: "Choose file" })).toBeVisible();
  await expect(main(page).getByRole("heading", { name: "Drop a model here" })).toBeFocused();
  await expect(main(page).getByRole("button", { name: "Continue Kept" })).toHaveCount(0);
  await page.reload();
  await expect(main(page).getByRole("button", { name: "Choose file" })).toBeVisible();
  await expect(main(page).getByRole("button", { name: "Continue Kept" })).toHaveCount(0);
});

test("a customer publishes nothing and sees no ledger", async ({ page, server, signIn, guard }) => {
  guard.allow(/Failed to load resource.* 404 /);
  const { workspace_id: workspace, path } = service(server.demo);
  await signIn(page, "customer");
  await page.goto(path);
  await expect(page.getByRole("navigation").getByRole("link", { name: "Versions", exact: true })).toBeVisible();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Ledger", exact: true })).toHaveCount(0);
  await expect(main(page).getByRole("link", { name: "Publish a version" })).toHaveCount(0);
  await page.goto(`/workspaces/${workspace}/publish`);
  await expect(main(page).getByRole("button", { name: "Choose file" })).toHaveCount(0);
  await expect(heading(page, "Not found")).toBeVisible();
  await page.goto(`${path}/ledger`);
  await expect(heading(page, "Not found")).toBeVisible();
  await expect(main(page).getByRole("search")).toHaveCount(0);
  const { status } = await inSession(page, "GET", `/workspaces/${workspace}/drafts`);
  expect(status).toBe(404);
});

for (const file of [/\/programs[^/]*\.js$/, /\/publishing[^/]*\.css$/, /\/publishing-?[^/_]*\.js$/, /\/publishing_bg[^/]*\.wasm$/]) {
  test(`a failure to fetch ${file.source} is said, and mended by trying again`, async ({ page, server, signIn, guard }) => {
    guard.allow(/Failed to load resource|A page of Portico could not be loaded/);
    await signIn(page, "publisher");
    await page.goto(service(server.demo).path);
    await expect(main(page).getByRole("table")).toBeVisible();
    await page.route(file, (route) => route.abort());
    await page.getByRole("navigation").getByRole("link", { name: "Versions", exact: true }).click();
    const failure = main(page).getByRole("alert").filter({ hasText: "could not be loaded" });
    await expect(failure).toBeVisible();
    await page.unroute(file);
    await failure.getByRole("button", { name: "Try again" }).click();
    await expect(main(page).getByRole("rowheader", { name: /Version 1/ })).toBeVisible();
    await expect(failure).toHaveCount(0);
  });
}
