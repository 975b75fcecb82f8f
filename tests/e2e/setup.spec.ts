// The first start of an empty installation, up to its first service.

import { fileURLToPath } from "node:url";
import { expect } from "@playwright/test";
import { passes } from "./checks.ts";
import { test } from "./own-server.ts";

const PACKAGE = fileURLToPath(new URL("../../demo/packages/penguin-species", import.meta.url));

test.use({ flags: "" });

test("the link that the server prints leads to an administrator, a workspace and a service", async ({
  page,
  server,
}) => {
  expect(server.link).toMatch(/\/setup#token=\w+$/);
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Set up Portico" })).toBeVisible();
  expect(page.url(), "the link's token is gone from the address").toBe(`${server.url}/setup`);
  await passes(page, "setup");

  await page.getByLabel("Your name").fill("Ada Admin");
  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create the account" }).click();
  await expect(page.getByLabel("Password")).toBeFocused();
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await passes(page, "setup-wrong");
  await page.getByLabel("Password").fill("a long sentence is a good one");
  await page.getByRole("button", { name: "Create the account" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  await expect(page.getByText("No workspace yet")).toBeVisible();
  await passes(page, "workspaces-empty");
  await page.getByRole("button", { name: "Create workspace" }).click();
  const form = page.getByRole("dialog", { name: "Create workspace" });
  await expect(form.getByLabel("Name", { exact: true })).toBeFocused();
  await form.getByLabel("Name", { exact: true }).fill("Research");
  await passes(page, "workspace-create");
  await form.getByRole("button", { name: "Create workspace" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Research" })).toBeVisible();
  const workspace = new URL(page.url()).pathname.match(/^\/workspaces\/(\w+)$/)?.[1] ?? "";
  await expect(page.getByText("No web service yet")).toBeVisible();
  await expect(page.getByRole("main")).toContainText(`portico import DIR --workspace ${workspace}`);
  await passes(page, "workspace-empty");

  expect(await server.publish(PACKAGE, workspace)).toMatch(/published version 1 .*344 sample rows scored: 0 labels/s);
  const link = page.getByRole("link", { name: "Penguin species" });
  // The server learns within a second what another process has published.
  await expect(async () => {
    await page.reload();
    await expect(link).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 30_000 });
  await link.click();
  await expect(page.getByRole("rowheader", { name: "default" })).toBeVisible();
});

test("a set-up link works once", async ({ page, server, guard }) => {
  guard.allow(/Failed to load resource: .* 4\d\d /);
  await page.goto("/setup");
  await expect(page.getByRole("main")).toContainText("Setting up needs the one-time link");
  await passes(page, "setup-no-link");

  for (const email of ["first@example.org", "second@example.org"]) {
    await page.goto("/signin");
    await page.goto(server.link);
    await page.getByLabel("Your name").fill("Ada Admin");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill("a long sentence is a good one");
    await page.getByRole("button", { name: "Create the account" }).click();
    if (email.startsWith("first")) {
      await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
      await page.context().clearCookies();
    }
  }
  await expect(page.getByRole("main")).toContainText("This link was used before or has expired.");
  await passes(page, "setup-spent");
});
