// The pictures that the README shows, of the demo as it starts, after a few calls: written beside
// the other pictures, to be looked at and taken over by hand.

import { expect } from "@playwright/test";
import { call, onePenguin } from "./calls.ts";
import { shot } from "./checks.ts";
import { test } from "./own-server.ts";
import { endpoint, service } from "./rest.ts";
import { changed, pasteTable, penguins } from "./sheet.ts";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("the pictures of the README are of a working portal", async ({ page, server }) => {
  const demo = await server.demo();
  const { url, primary_key, path } = endpoint(demo, "northwind");
  for (let calls = 0; calls < 50; calls += 1) {
    expect((await call(url, primary_key, await onePenguin())).status).toBe(200);
  }
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();

  await page.goto(service(demo).path);
  await expect(page.getByRole("rowheader", { name: "northwind" })).toBeVisible();
  await shot(page, "endpoints");

  await page.getByRole("button", { name: "Add endpoint" }).click();
  const form = page.getByRole("dialog", { name: "Add endpoint to Penguin species" });
  await form.getByLabel("Name", { exact: true }).fill("contoso");
  await form.getByLabel(/^Description/).fill("Visitor counts at the aquarium’s penguin house");
  await expect(form.getByRole("status").filter({ hasText: "Free" })).toBeVisible();
  await shot(page, "add");

  await page.goto(`${path}/test`);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("region", { name: "Answer" })).toContainText("200 Scored");
  await shot(page, "test");

  await page.goto(`${path}/batch`);
  const rows = changed(await penguins(), { B9: "39,2 mm" });
  await page.getByRole("button", { name: "Choose file" }).waitFor();
  await pasteTable(page, rows);
  await page.getByRole("button", { name: /^Score 343 rows/ }).click();
  await expect(page.locator(".batch-score")).toContainText("343 scored");
  await page.keyboard.press("F8");
  await expect(page.locator(".batch-address")).toHaveText("B9");
  await shot(page, "batch");
});
