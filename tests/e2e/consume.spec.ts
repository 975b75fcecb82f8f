// The Consume tab: its samples are copied off the page as a person copies them, and run unchanged
// against the server that the page is of.

import type { Page } from "@playwright/test";
import { call, penguins } from "./calls.ts";
import { expect, passes, test, type Server } from "./fixtures.ts";
import { copy, keyboard, mouse, type Hands } from "./hands.ts";
import { BATCH, present, PROGRAMS, run } from "./programs.ts";
import { add, endpoint, get, service } from "./rest.ts";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

const { here } = await present();

/** A language's own name on its tab, and what its sample is called. */
async function choose(page: Page, hands: Hands, label: string): Promise<string> {
  await hands.press(page.getByRole("navigation", { name: "Languages" }).getByRole("link", { name: label, exact: true }));
  const sample = page.getByRole("region", { name: label, exact: true });
  await expect(sample).toBeVisible();
  const shown = await sample.innerText();
  const block = page.locator(".code-block").filter({ has: sample });
  const copied = await copy(page, hands, block.getByRole("button", { name: "Copy", exact: true }));
  expect(copied.replaceAll("\r\n", "\n").trimEnd(), `what is copied of ${label} is what is shown`).toBe(shown.trimEnd());
  return copied;
}

test("every language is chosen and copied by keyboard alone; each that can run here scores, unchanged", async ({ page, server, signIn }) => {
  test.setTimeout(400_000);
  const acme = endpoint(server.demo, "acme");
  const { labels } = await penguins();
  await signIn(page, "owner");
  await page.goto(`${acme.path}/consume`);
  for (const program of PROGRAMS) {
    await page.locator("h1").first().evaluate((heading: HTMLElement) => heading.focus());
    const text = await choose(page, keyboard(page), program.label);
    expect(text).toContain(acme.url);
    expect(text).toContain("bill_length_mm");
    expect(text).toContain("Torgersen");
    expect(text, `${program.label} holds no key`).not.toMatch(/portico_[ps]\d/);
    expect(text, `nothing is left open in ${program.label}`).not.toMatch(/@[A-Z]+@/);
    await expect(page).toHaveURL(new RegExp(`[?&]sample=${program.slug}$`));
    if (!here.includes(program)) continue;

    const scored = await run(program, text, acme.secondary_key);
    expect(scored, JSON.stringify(scored)).toMatchObject({ status: 0 });
    expect(scored.out).toContain("Scored Labels");
    expect(scored.out).toContain(labels[0]);
    const refused = await run(program, text, "wrong");
    expect(refused.status, JSON.stringify(refused)).not.toBe(0);
    for (const word of ["401", "ScoreRequestUnauthorized", "Invalid credentials provided."]) {
      expect(refused.out + refused.err, `${program.label} tells the error`).toContain(word);
    }
  }
});

test("the batch sample is there where the endpoint takes jobs, and runs one", async ({ page, server, signIn }) => {
  const acme = endpoint(server.demo, "acme");
  const { urls } = await get<{ urls: { batch: string | null } }>(server.url, server.demo, acme.path);
  await signIn(page, "owner");
  await page.goto(`${acme.path}/consume?sample=${BATCH.slug}`);
  if (!urls.batch) {
    await expect(page.getByRole("region", { name: "curl", exact: true }), "the first language in its place").toBeVisible();
    await expect(page.getByRole("link", { name: BATCH.label })).toHaveCount(0);
    return;
  }
  const text = await choose(page, mouse(page), BATCH.label);
  const scored = await run(BATCH, text, acme.primary_key);
  expect(scored, JSON.stringify(scored)).toMatchObject({ status: 0 });
  expect(scored.out).toContain("'Scored Labels': 'Adelie'");
});

test("the tab looks right and reads well in each kind of sample", async ({ page, server, signIn }) => {
  const acme = endpoint(server.demo, "acme");
  await signIn(page, "owner");
  for (const slug of ["curl", "python", "csharp"]) {
    await page.goto(`${acme.path}/consume?sample=${slug}`);
    await expect(page.locator(".code-block pre")).toContainText(acme.url);
    await passes(page, `consume-${slug}`);
  }
});

test("nothing of a sample is loaded before it is looked at, and nothing twice", async ({ page, server, signIn }) => {
  const acme = endpoint(server.demo, "acme");
  const loaded: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/samples")) loaded.push(pathname);
  });
  await signIn(page, "owner");
  await page.goto(`${acme.path}/keys`);
  await expect(page.getByRole("region", { name: "Primary key" })).toBeVisible();
  expect(loaded).toEqual([]);
  await page.getByRole("link", { name: "Consume", exact: true }).click();
  await expect(page.getByRole("region", { name: "curl", exact: true })).toBeVisible();
  expect(loaded).toEqual([expect.stringMatching(/^\/samples-[0-9a-f]{16}\.js$/), expect.stringMatching(/^\/samples\/curl-[0-9a-f]{16}\.txt$/)]);
  await choose(page, mouse(page), "Go");
  await choose(page, mouse(page), "curl");
  expect(loaded.slice(2)).toEqual([expect.stringMatching(/^\/samples\/go-[0-9a-f]{16}\.txt$/)]);
  const answer = await page.request.get(`${server.url}${loaded[2]}`);
  expect(answer.headers()).toMatchObject({
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "public, max-age=31536000, immutable",
  });
});

test("a sample that cannot be loaded says so, and comes when it is asked for again", async ({ page, server, signIn, guard }) => {
  guard.allow(/Failed to load resource|net::ERR_FAILED/);
  const acme = endpoint(server.demo, "acme");
  await signIn(page, "owner");
  await page.route("**/samples/rust-*", (route) => route.abort());
  await page.goto(`${acme.path}/consume?sample=rust`);
  const again = page.getByRole("button", { name: "Try again" });
  await expect(again).toBeVisible();
  await page.unroute("**/samples/rust-*");
  await again.click();
  await expect(page.getByRole("region", { name: "Rust", exact: true })).toContainText(acme.url);
});

test("a key that is typed stands in the sample, and goes nowhere else", async ({ page, server, signIn }) => {
  const acme = endpoint(server.demo, "acme");
  await signIn(page, "owner");
  await page.goto(`${acme.path}/consume?sample=python`);
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.url(), request.postData() ?? ""));
  await page.getByLabel(/^Key in the samples/).fill(acme.primary_key);
  const python = PROGRAMS.find(({ slug }) => slug === "python")!;
  await expect(page.getByRole("region", { name: "Python", exact: true })).toContainText(acme.primary_key);
  const text = await choose(page, mouse(page), "Python");
  const scored = await run(python, text, "");
  expect(scored, JSON.stringify(scored)).toMatchObject({ status: 0 });
  expect(sent.join("\n")).not.toContain(acme.primary_key);
  const kept = await page.evaluate(() => JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }]));
  expect(kept).not.toContain(acme.primary_key);
  await page.reload();
  await expect(page.getByRole("region", { name: "Python", exact: true })).toContainText('os.environ["PORTICO_KEY"]');
});

test("the language is in the address, and kept for the next visit", async ({ page, server, signIn }) => {
  const acme = endpoint(server.demo, "acme");
  await signIn(page, "owner");
  await page.goto(`${acme.path}/consume?sample=python`);
  await expect(page.getByRole("region", { name: "Python", exact: true })).toBeVisible();
  await page.goto(`${acme.path}/consume`);
  await expect(page.getByRole("region", { name: "Python", exact: true })).toBeVisible();
});

/** Samples of several languages, copied off the page of an endpoint. */
async function copies(page: Page, path: string, labels: string[]) {
  await page.goto(`${path}/consume`);
  const programs = here.filter(({ label }) => labels.includes(label));
  const copied = [];
  for (const program of programs) copied.push({ program, text: await choose(page, mouse(page), program.label) });
  return copied;
}

async function set(server: Server, path: string, settings: object): Promise<void> {
  const url = `${server.url}/api/v1${path}`;
  const headers = { Authorization: `Bearer ${server.demo.workspace_token}`, "Content-Type": "application/json" };
  const etag = (await fetch(url, { headers })).headers.get("etag") ?? "";
  const answer = await fetch(url, { method: "PATCH", headers: { ...headers, "If-Match": etag }, body: JSON.stringify(settings) });
  expect(answer.status, await answer.text()).toBe(200);
}

test("at a limit of one, several samples at once all score in the end", async ({ page, server, signIn }) => {
  test.setTimeout(200_000);
  const made = await add(server.url, server.demo, service(server.demo), "narrow", { throttle: { level: "high", max_concurrent_calls: 1 } });
  await signIn(page, "owner");
  const copied = await copies(page, made.path, ["curl", "Python", "Python, requests", "JavaScript", "Go"]);
  // Another program of the customer keeps the endpoint busy for three seconds.
  const { table } = await penguins();
  const crowd = { columns: table.columns, rows: Array.from({ length: 24 }, () => table.rows).flat() };
  let refused = 0;
  const until = Date.now() + 3000;
  const busy = [1, 2, 3].map(async () => {
    while (Date.now() < until) if ((await call(made.url, made.secondary, crowd)).status === 503) refused += 1;
  });
  const printed = await Promise.all([...copied, ...copied].map(({ program, text }) => run(program, text, made.primary)));
  await Promise.all(busy);
  expect(refused, "the endpoint was full").toBeGreaterThan(0);
  for (const each of printed) {
    expect(each, JSON.stringify(each)).toMatchObject({ status: 0 });
    expect(each.out).toContain("Adelie");
  }
});

test("a paused endpoint is tried again, and the samples say why when it stays so", async ({ page, server, signIn }) => {
  test.setTimeout(200_000);
  const made = await add(server.url, server.demo, service(server.demo), "dozing");
  await signIn(page, "owner");
  const copied = await copies(page, made.path, ["Python", "JavaScript", "Go"]);
  await set(server, made.path, { paused: true });
  const start = Date.now();
  const soon = Promise.all(copied.map(({ program, text }) => run(program, text, made.primary)));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await set(server, made.path, { paused: false });
  for (const each of await soon) expect(each, JSON.stringify(each)).toMatchObject({ status: 0 });
  expect(Date.now() - start).toBeGreaterThan(2500);

  await set(server, made.path, { paused: true });
  for (const each of await Promise.all(copied.map(({ program, text }) => run(program, text, made.primary)))) {
    expect(each.status).not.toBe(0);
    expect(each.out + each.err).toContain("The dozing endpoint is paused.");
  }
});
