// The name of a new endpoint: the rule is said while typing, tied to the field, and gone at the
// first good keystroke; the server refuses the same; submitting twice makes one endpoint.

import { expect, passes, test } from "./fixtures.ts";
import { get, inSession, service } from "./rest.ts";

const UPPER_CASE = "Use lower-case letters only.";
const TOO_LONG = "A name has at most 24 characters.";
const CHARACTER = "Use letters a to z and digits only: no spaces, dashes or accents.";
const EMPTY = "Give the endpoint a name.";
const TAKEN = "This service has an endpoint with this name already.";

test.beforeEach(async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  await page.goto(service(server.demo).path);
  await page.getByRole("button", { name: "Add endpoint" }).click();
});

test("what is wrong with a name is said while typing, and no longer than it is wrong", async ({ page }) => {
  const form = page.getByRole("dialog", { name: "Add endpoint to Penguin species" });
  const name = form.getByLabel("Name", { exact: true });
  const rule = "1 to 24 lower-case letters and digits, unique in this service. It can’t be changed later.";
  const wrong = async (because: string) => {
    await expect(name).toHaveAccessibleDescription(`${rule} ${because}`);
    await expect(name).toHaveAttribute("aria-invalid", "true");
  };
  // Without waiting: what was wrong must be gone by the time that the keystroke is handled.
  const right = async () => {
    expect(await name.getAttribute("aria-invalid")).toBeNull();
    await expect(name).toHaveAccessibleDescription(rule);
  };

  await expect(name).toBeFocused();
  await right();
  await passes(page, "add-untouched");
  await right();

  await name.pressSequentially("Acme");
  await wrong(UPPER_CASE);
  await passes(page, "add-wrong");
  await name.press("Home");
  await name.press("Delete");
  await right();
  await expect(form.getByRole("status").filter({ hasText: "Free" })).toBeVisible();

  await name.fill("a".repeat(23));
  await name.pressSequentially("bc");
  await wrong(TOO_LONG);
  await name.press("Backspace");
  await right();

  // That it is taken is known only after a look at what the keystroke did.
  let answer = () => {};
  const looked = new Promise<void>((resolve) => (answer = resolve));
  const taken = "**/endpoints/acme/availability";
  await page.route(taken, async (route) => {
    await looked;
    await route.continue();
  });
  await name.fill("acme");
  await name.press("Home");
  await name.pressSequentially("-");
  await wrong(CHARACTER);
  await name.press("Backspace");
  await right();
  answer();
  await wrong(TAKEN);
  await page.unroute(taken);
  await name.press("End");
  await name.pressSequentially("2");
  await right();

  await name.press("ControlOrMeta+a");
  await name.press("Delete");
  await wrong(EMPTY);
  await name.pressSequentially("z");
  await right();
});

test("the server refuses the same names for the same reasons", async ({ page, server, guard }) => {
  guard.allow(/Failed to load resource: .* (409|422) /);
  const { path } = service(server.demo);
  const form = page.getByRole("dialog", { name: "Add endpoint to Penguin species" });
  const name = form.getByLabel("Name", { exact: true });

  for (const [text, because] of Object.entries({
    Acme: UPPER_CASE,
    ["a".repeat(25)]: TOO_LONG,
    "acme-2": CHARACTER,
    "": EMPTY,
  })) {
    await name.fill(text);
    await form.getByRole("button", { name: "Create endpoint" }).click();
    await expect(name).toHaveAccessibleDescription(new RegExp(`${because.replaceAll(".", "\\.")}$`));
    await expect(name).toBeFocused();
    const refused = await inSession(page, "POST", `${path}/endpoints`, { name: text });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toMatchObject([{ pointer: "/name", detail: because }]);
  }
  const taken = await inSession(page, "POST", `${path}/endpoints`, { name: "acme" });
  expect(taken.status).toBe(409);
  expect(taken.body.code).toBe("name_taken");
});

test("a name that is taken while the form is open lands on its field", async ({ page, server, guard }) => {
  guard.allow(/Failed to load resource: .* 409 /);
  const form = page.getByRole("dialog", { name: "Add endpoint to Penguin species" });
  const name = form.getByLabel("Name", { exact: true });
  await name.fill("sniped");
  await expect(form.getByRole("status").filter({ hasText: "Free" })).toBeVisible();
  const first = await inSession(page, "POST", `${service(server.demo).path}/endpoints`, { name: "sniped" });
  expect(first.status).toBe(201);

  await form.getByRole("button", { name: "Create endpoint" }).click();
  await expect(name).toHaveAccessibleDescription(new RegExp(`${TAKEN.replaceAll(".", "\\.")}$`));
  await expect(name).toBeFocused();
});

test("a double click on create makes one endpoint", async ({ page, server }) => {
  const { path } = service(server.demo);
  const list = async () => {
    const names: string[] = [];
    let token: string | null = "";
    do {
      const query: string = token && `&page_token=${encodeURIComponent(token)}`;
      const page: { items: { name: string }[]; next_page_token: string | null } = await get(
        server.url,
        server.demo,
        `${path}/endpoints?page_size=200${query}`,
      );
      names.push(...page.items.map(({ name }) => name));
      token = page.next_page_token;
    } while (token !== null);
    return names;
  };
  const before = await list();
  const form = page.getByRole("dialog", { name: "Add endpoint to Penguin species" });
  await form.getByLabel("Name", { exact: true }).fill("twice");
  await form.getByText("More", { exact: true }).click();
  await expect(form.getByLabel("Customer")).toBeVisible();
  await form.getByRole("button", { name: "Show as request" }).click();
  await passes(page, "add-all");

  const request = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/endpoints"));
  await form.getByRole("button", { name: "Create endpoint" }).dblclick();
  const sent = (await request).postDataJSON();
  const created = page.getByRole("dialog", { name: "Endpoint created" });
  await expect(created).toContainText("twice is live.");
  await passes(page, "created");
  await created.getByRole("button", { name: "Close" }).click();
  // It may stand behind the first page of a long list.
  await page.getByRole("searchbox", { name: "Filter endpoints" }).fill("twice");
  await expect(page.getByRole("rowheader", { name: "twice" })).toHaveCount(1);
  const again = await inSession(page, "POST", `${path}/endpoints`, sent);
  expect(again.body.endpoint).toMatchObject({ id: sent.id, name: "twice" });
  expect(again.body.keys, "keys are handed out once").toBeFalsy();
  expect(await list()).toHaveLength(before.length + 1);
});

test("what was typed is asked about once before it is dropped, an untouched form is not", async ({ page }) => {
  const form = page.getByRole("dialog", { name: "Add endpoint to Penguin species" });
  const question = page.getByRole("dialog", { name: "Discard this endpoint?" });
  await expect(form.getByLabel("Name", { exact: true })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(form).toBeHidden();
  await expect(page.getByRole("button", { name: "Add endpoint" })).toBeFocused();

  await page.keyboard.press("Enter");
  await form.getByLabel("Name", { exact: true }).fill("half");
  await page.keyboard.press("Escape");
  await expect(question).toBeVisible();
  await passes(page, "add-discard");
  await page.keyboard.press("Escape");
  await expect(question).toBeHidden();
  await expect(form.getByLabel("Name", { exact: true })).toHaveValue("half");
  await form.getByRole("button", { name: "Cancel" }).click();
  await question.getByRole("button", { name: "Discard" }).click();
  await expect(form).toBeHidden();
});
