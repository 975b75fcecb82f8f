// The Test tab: a form from the schema, the server's answer, and what is said about odd values.

import type { Page } from "@playwright/test";
import { penguins } from "./calls.ts";
import { expect, passes, test } from "./fixtures.ts";
import { endpoint } from "./rest.ts";

const row = (page: Page) => page.getByRole("form", { name: "Row" });
const answer = (page: Page) => page.getByRole("region", { name: "Answer" });
const run = (page: Page) => row(page).getByRole("button", { name: "Run", exact: true });

test.beforeEach(async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  await page.goto(`${endpoint(server.demo, "acme").path}/test`);
  await expect(answer(page)).toContainText("No call yet");
});

test("a sample row is scored, and the answer says where the time went", async ({ page }) => {
  const { table, labels } = await penguins();
  await expect(row(page).getByLabel("bill_length_mm")).toHaveValue(table.rows[0]?.[1] ?? "");
  await row(page).getByRole("button", { name: "Use sample row" }).click();
  await expect(row(page).getByLabel("bill_length_mm")).toHaveValue(table.rows[1]?.[1] ?? "");
  await run(page).click();

  const outputs = answer(page).getByRole("table", { name: "Outputs" });
  await expect(outputs.getByRole("row", { name: /^Scored Labels/ })).toContainText(labels[1] ?? "?");
  for (const species of ["Adelie", "Chinstrap", "Gentoo"]) {
    await expect(outputs.getByRole("rowheader", { name: species, exact: true })).toBeVisible();
  }
  for (const time of ["Queue", "Model", "Total"]) {
    const value = answer(page).getByRole("term").filter({ hasText: time }).locator("+ dd");
    await expect(value).toHaveText(/^(under )?[\d.,]+ m?s$/);
  }
  await expect(answer(page)).toContainText(/\d+ calls at once, \d+ free/);
  await expect(answer(page).getByRole("button", { name: "Copy request id" })).toBeVisible();
  await passes(page, "test-scored");
});

test("a wrong number is marked on its field and not sent", async ({ page }) => {
  const mass = row(page).getByLabel("body_mass_g");
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.url()));
  await mass.fill("heavy");
  await run(page).click();
  await expect(mass).toBeFocused();
  await expect(mass).toHaveAttribute("aria-invalid", "true");
  await expect(mass).toHaveAccessibleDescription(/2500 to 6500 in training.*number/);
  await expect(answer(page)).toContainText("No call yet");
  await passes(page, "test-wrong");
  expect(sent.filter((url) => url.endsWith("/score"))).toEqual([]);

  await mass.fill("4000");
  await expect(mass).not.toHaveAttribute("aria-invalid");
  await run(page).click();
  await expect(answer(page)).toContainText("200 Scored");
});

test("a category never seen is marked, and scored all the same", async ({ page }) => {
  await row(page).getByLabel("island").selectOption({ label: "Other…" });
  await row(page).getByLabel("Other value").fill("Mars");
  await expect(row(page).getByLabel("Other value")).toHaveAccessibleDescription(/Mars/);
  await run(page).click();
  await expect(answer(page)).toContainText("200 Scored");
  await expect(answer(page)).toContainText("1 unusual");
  await expect(row(page).getByLabel("island")).toHaveAccessibleDescription(/Mars/);
  await expect(row(page).getByLabel("island")).not.toHaveAttribute("aria-invalid");
  await passes(page, "test-unusual");
});

test("Mod+Enter runs from a field, and the JSON is the row", async ({ page }) => {
  await row(page).getByText("The row as JSON").click();
  const json = row(page).getByLabel("Row as JSON");
  await row(page).getByLabel("flipper_length_mm").fill("230.5");
  await expect(json).toHaveValue(/"flipper_length_mm": 230\.5/);
  await row(page).getByLabel("flipper_length_mm").press("ControlOrMeta+Enter");
  await expect(answer(page)).toContainText("200 Scored");

  await json.fill('{"island": "Dream", "bill_length_mm": }');
  await expect(json).toHaveAccessibleDescription(/Line 1, column \d+/);
  await passes(page, "test-json");
  await json.fill('{"island": "Dream", "bill_length_mm": 44.5}');
  await expect(row(page).getByLabel("bill_length_mm")).toHaveValue("44.5");
  await expect(row(page).getByLabel("flipper_length_mm")).toHaveValue("");
});
