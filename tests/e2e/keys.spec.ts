// The Keys tab: masked until asked, copied without being shown, rotated without an interruption,
// switched off and on.

import { readFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { call, onePenguin } from "./calls.ts";
import { expect, passes, test } from "./fixtures.ts";
import { copy, mouse } from "./hands.ts";
import { add, endpoint, service } from "./rest.ts";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("a key is masked, copied while masked, shown on demand, hidden with the tab", async ({ page, server, signIn }) => {
  const acme = endpoint(server.demo, "acme");
  await signIn(page, "owner");
  await page.goto(`${acme.path}/keys`);
  for (const [slot, key] of Object.entries({ primary: acme.primary_key, secondary: acme.secondary_key })) {
    const card = page.getByRole("region", { name: `${slot} key` });
    const reveal = card.getByRole("button", { name: `Reveal the ${slot} key` });
    const masked = card.getByText(new RegExp(`^portico_${slot.charAt(0)}1_\\S*•{12}${key.slice(-4)}$`));
    await expect(masked).toBeVisible();
    await expect(page.getByRole("main")).not.toContainText(key);

    expect(await copy(page, mouse(page), card.getByRole("button", { name: `Copy ${slot} key` }))).toBe(key);
    await expect(masked).toBeVisible();

    await reveal.click();
    await expect(card.getByText(key, { exact: true })).toBeVisible();
    await expect(card).toContainText(/Hides in (30|2\d) s/);
    await card.getByRole("button", { name: `Hide the ${slot} key` }).click();
    await expect(masked).toBeVisible();
    await expect(page.locator("html")).not.toContainText(key);
  }

  const card = page.getByRole("region", { name: "Primary key" });
  await card.getByRole("button", { name: "Reveal the primary key" }).click();
  await expect(card.getByText(acme.primary_key, { exact: true })).toBeVisible();
  await passes(page, "keys-revealed");
  // A browser without a screen never hides a tab, so the page is told what a hidden one is told.
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
  await expect(page.locator("html")).not.toContainText(acme.primary_key, { timeout: 2_000 });
});

test("a key is rotated: both work through the grace, the old one ends on a click", async ({ page, server, signIn }) => {
  const made = await add(server.url, server.demo, service(server.demo), "rotated");
  const row = await onePenguin();
  const status = async (key: string) => (await call(made.url, key, row)).status;
  await signIn(page, "owner");
  await page.goto(`${made.path}/keys`);
  const card = page.getByRole("region", { name: "Primary key" });
  await card.getByRole("button", { name: "Rotate" }).click();
  const rotate = page.getByRole("dialog", { name: "Rotate a key" });
  await expect(rotate.getByRole("radio", { name: "24 hours" })).toBeChecked();
  await expect(rotate).toContainText("The primary key was never used.");
  await rotate.getByRole("radio", { name: "1 hour" }).check();
  await passes(page, "keys-rotate");
  await rotate.getByRole("button", { name: "Rotate" }).click();

  const fresh = page.getByRole("dialog", { name: "The new key" });
  const renewed = await copy(page, mouse(page), fresh.getByRole("button", { name: "Copy" }));
  await expect(fresh).toContainText(renewed);
  expect(renewed).not.toBe(made.primary);
  await passes(page, "keys-fresh");
  await fresh.getByRole("button", { name: "Done" }).click();

  const left = card.getByText(/^Works for another (59 min \d+ s|1 h 0 min)\./);
  await expect(card.getByRole("heading", { name: "Old key, generation 1" })).toBeVisible();
  await expect(left).toBeVisible();
  const before = await left.innerText();
  await expect(left, "the countdown runs").not.toHaveText(before);
  await passes(page, "keys-grace");
  for (const key of [made.primary, renewed, made.secondary]) expect(await status(key)).toBe(200);

  await card.getByRole("button", { name: "End now" }).click();
  const question = page.getByRole("dialog", { name: /^End the grace of the old key/ });
  await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
  await question.getByRole("button", { name: "End now" }).click();
  await expect(card.getByRole("heading", { name: /^Old key/ })).toHaveCount(0);
  expect(await status(made.primary)).toBe(401);
  for (const key of [renewed, made.secondary]) expect(await status(key)).toBe(200);
});

test("a grace is extended: the old key works for longer", async ({ page, server, signIn }) => {
  const made = await add(server.url, server.demo, service(server.demo), "extended");
  const row = await onePenguin();
  await signIn(page, "owner");
  await page.goto(`${made.path}/keys`);
  const card = page.getByRole("region", { name: "Primary key" });
  await card.getByRole("button", { name: "Rotate" }).click();
  const rotate = page.getByRole("dialog", { name: "Rotate a key" });
  await rotate.getByRole("radio", { name: "1 hour" }).check();
  await rotate.getByRole("button", { name: "Rotate" }).click();
  await page.getByRole("dialog", { name: "The new key" }).getByRole("button", { name: "Done" }).click();
  await expect(card).toContainText(/Works for another (59 min|1 h)/);
  await card.getByRole("button", { name: "Extend to 24 hours" }).click();
  await expect(card).toContainText(/Works for another (23 h 59 min|1 day 0 h)\./);
  await passes(page, "keys-extended");
  await card.getByRole("button", { name: "Extend to 7 days" }).click();
  await expect(card).toContainText(/Works for another (6 days 23 h|7 days 0 h)\./);
  await expect(card.getByRole("button", { name: "Extend to 30 days" })).toBeVisible();
  expect((await call(made.url, made.primary, row)).status).toBe(200);
});

test("a key that somebody found and reported is switched off, and its page says so", async ({ page, server, signIn }) => {
  const made = await add(server.url, server.demo, service(server.demo), "found");
  const row = await onePenguin();
  const status = async (key: string) => (await call(made.url, key, row)).status;
  const report = async (key: string) => {
    const body = JSON.stringify({ key, found_at: `https://code.example/${"a".repeat(120)}/.env` });
    const headers = { "Content-Type": "application/json" };
    return (await fetch(`${server.url}/api/v1/leaked-keys`, { method: "POST", headers, body })).status;
  };
  await signIn(page, "owner");
  await page.goto(`${made.path}/keys`);
  const card = page.getByRole("region", { name: "Primary key" });
  // One in its grace, and the newest of the other slot.
  await card.getByRole("button", { name: "Rotate" }).click();
  const rotate = page.getByRole("dialog", { name: "Rotate a key" });
  await rotate.getByRole("button", { name: "Rotate" }).click();
  await page.getByRole("dialog", { name: "The new key" }).getByRole("button", { name: "Done" }).click();
  for (const key of [made.primary, made.secondary]) expect(await report(key)).toBe(202);
  await expect.poll(() => status(made.primary)).toBe(401);
  await expect.poll(() => status(made.secondary)).toBe(401);
  await page.reload();
  const today = new Date().toISOString().slice(0, 10);
  await expect(card).toContainText(`Reported as leaked on ${today}, found at https://code.example/aaa`);
  await expect(card.getByRole("button", { name: /^Extend/ })).toHaveCount(0);
  await expect(card.getByText("Live", { exact: true })).toBeVisible();
  const other = page.getByRole("region", { name: "Secondary key" });
  await expect(other).toContainText("/.env. Switched off.");
  await expect(other.getByText("Disabled", { exact: true })).toBeVisible();
  await passes(page, "keys-leaked");
});

test("the expression in the documentation finds keys, and the checksum tells them from others", async ({ server }) => {
  const text = await readFile(new URL("../../docs/leaked-keys.md", import.meta.url), "utf8");
  const found = [...text.matchAll(/\\bportico_\S+\\b/g)].map(([expression]) => expression);
  expect(found).toHaveLength(3);
  expect(new Set(found).size, "one expression for all").toBe(1);
  const expression = new RegExp(found[0] ?? "", "g");
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const checksum = (covered: string) => {
    let [number, out] = [crc32(covered), ""];
    for (let place = 0; place < 6; place += 1) {
      out = digits.charAt(number % 62) + out;
      number = Math.floor(number / 62);
    }
    return out;
  };
  const keys = server.demo.endpoints.flatMap(({ primary_key, secondary_key }) => [primary_key, secondary_key]);
  for (const key of [...keys, server.demo.workspace_token]) {
    expect(`KEY="${key}";`.match(expression)).toEqual([key]);
    expect(key.slice(-6)).toBe(checksum(key.slice(0, -6)));
  }
  for (const other of ["portico_p1_id", "portico_p0_" + "a".repeat(11) + "_" + "b".repeat(49), "xportico_p1"]) {
    expect(other.match(expression)).toBeNull();
  }
});

test("a key is switched off and on, and the other one goes on working", async ({ page, server, signIn }) => {
  const made = await add(server.url, server.demo, service(server.demo), "switched");
  const row = await onePenguin();
  const status = async (key: string) => (await call(made.url, key, row)).status;
  await signIn(page, "owner");
  await page.goto(`${made.path}/keys`);
  const card = page.getByRole("region", { name: "Secondary key" });
  await expect(card.getByText("Live", { exact: true })).toBeVisible();
  await card.getByRole("button", { name: "Disable" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await expect(card.getByText("Disabled", { exact: true })).toBeVisible();
  await passes(page, "keys-disabled");
  expect([await status(made.primary), await status(made.secondary)]).toEqual([200, 401]);

  await card.getByRole("button", { name: "Enable" }).click();
  await expect(card.getByText("Live", { exact: true })).toBeVisible();
  expect([await status(made.primary), await status(made.secondary)]).toEqual([200, 200]);
});
