// Signing in and out, by password and by one-time link.

import type { Page } from "@playwright/test";
import { passes } from "./checks.ts";
import { expect, test } from "./fixtures.ts";
import { test as ownServer } from "./own-server.ts";
import { service } from "./rest.ts";

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: /your account$/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Sign in to Portico" })).toBeVisible();
}

test("a wrong password is refused, in words that tell nothing about the account", async ({ page, server, guard }) => {
  guard.allow(/Failed to load resource: .* 401 .*\/api\/v1\/session\)$/);
  const owner = server.demo.accounts.find(({ role }) => role === "owner");
  const texts: string[] = [];
  for (const email of [owner?.email ?? "", "nobody@demo.example"]) {
    await page.goto("/signin");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toHaveCount(1);
    texts.push(await page.getByRole("alert").filter({ hasText: /\S/ }).innerText());
  }
  expect(texts[0]).toBe("E-mail and password don't belong together. Check both and try again.");
  expect(texts[1]).toBe(texts[0]);
  await passes(page, "signin-wrong");
});

test("what was not filled in is named on its field", async ({ page }) => {
  await page.goto("/signin");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await expect(page.getByLabel("E-mail")).toHaveAccessibleDescription(/Give an e-mail address/);
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription("Give your password.");
  await passes(page, "signin-empty");
});

test("the page that was asked for is shown after signing in, and no page after signing out", async ({
  page,
  server,
}) => {
  const { path } = service(server.demo);
  const publisher = server.demo.accounts.find(({ role }) => role === "publisher");
  const title = page.getByRole("heading", { level: 1, name: "Penguin species" });
  await page.goto(path);
  await page.getByLabel("E-mail").fill(publisher?.email ?? "");
  await page.getByLabel("Password").fill(publisher?.password ?? "");
  await page.getByLabel("Password").press("Enter");
  await expect(title).toBeVisible();
  expect(new URL(page.url()).pathname).toBe(path);

  await page.getByRole("button", { name: /your account$/ }).click();
  await expect(page.getByRole("menu")).toBeVisible();
  await passes(page, "account-menu");
  await page.keyboard.press("Escape");
  await signOut(page);
  await page.goto(path);
  await expect(page.getByLabel("Password")).toBeVisible();
  await expect(title).toHaveCount(0);
});

ownServer("a one-time link signs in once, and its token does not stay in the address", async ({
  page,
  server,
  guard,
}) => {
  guard.allow(/Failed to load resource: .* 4\d\d .*\/api\/v1\/session\)$/);
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  expect(page.url()).toBe(`${server.url}/`);
  await signOut(page);

  await page.goto(server.link);
  await expect(page.getByRole("alert").filter({ hasText: "This link was used before or has expired." })).toBeVisible();
  await expect(page.getByLabel("Password")).toBeVisible();
  expect(page.url()).toBe(`${server.url}/signin`);
  await passes(page, "signin-spent");
});
