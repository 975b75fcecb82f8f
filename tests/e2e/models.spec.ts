// The Models tab: an endpoint gets a model of its own, keeps it through an update, and goes back; its
// customer hears of a newer version, compares, stays and moves.

import { expect, type Page } from "@playwright/test";
import { axe, passes } from "./checks.ts";
import { keyboard } from "./hands.ts";
import { addMass, customise, HEAVIER, mass, NOTES, publishNext, RESOURCE, SERVICE, serves, WIDER } from "./masses.ts";
import { test } from "./own-server.ts";
import { service } from "./rest.ts";
import type { Demo } from "./server.ts";

const ROW = "Adelie\tTorgersen\t39.1\t18.7\t181\tmale";

// Each looks at its pages in two themes and in a narrow window, with axe.

/** Signs a customer's person in and opens an endpoint's Models tab, which tells of version 2. */
async function asCustomer(page: Page, demo: Demo, path: string): Promise<void> {
  const customer = demo.accounts.find(({ role }) => role === "customer");
  await page.goto("/signin");
  await page.getByLabel("E-mail").fill(customer?.email ?? "");
  await page.getByLabel("Password").fill(customer?.password ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "My endpoints" })).toBeVisible();
  await page.goto(`${path}/models`);
  await expect(page.getByRole("link", { name: "Version 2 is available" })).toBeVisible();
}

test("an endpoint's own model is uploaded, refused if it does not fit, and given up again", async ({ page, server, guard }) => {
  guard.allow(/Failed to load resource: .* (409|422|400) /);
  const demo = await server.demo();
  const made = await addMass(server, demo, "ownmodel");
  const before = await mass(made);
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  await page.goto(`${made.path}/models`);
  await expect(page.getByRole("heading", { name: "Serves version 1" })).toBeVisible();
  const stage = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: RESOURCE }) });
  await expect(stage).toContainText("The version’s");
  await expect(page.getByRole("listitem").filter({ hasText: "prepare.onnx" })).toContainText("Fixed");
  await passes(page, "models");

  await stage.getByLabel(`ONNX file for ${RESOURCE}`).setInputFiles(WIDER);
  const refused = stage.getByRole("alert");
  await expect(refused).toContainText("wider.onnx was refused. Nothing was changed.");
  await expect(refused.getByRole("listitem").filter({ hasText: "11" })).toBeVisible();
  await passes(page, "models-refused");
  expect(await serves(server.url, demo, made.path)).toEqual({ version: 1, own: false });

  await stage.getByLabel(`ONNX file for ${RESOURCE}`).setInputFiles(HEAVIER);
  await expect(stage.getByText("Own model", { exact: true })).toBeVisible();
  await expect(stage).not.toContainText("was refused");
  const heavier = await mass(made);
  expect(heavier - before).toBeCloseTo(1_000, 0);
  const revisions = page.getByRole("table", { name: "Revisions" });
  const newest = revisions.getByRole("row").nth(1);
  await expect(newest).toContainText("Own model uploaded");
  await expect(newest).toContainText("In force");
  await passes(page, "models-own");

  // A file that is no model at all.
  await stage.getByLabel(`ONNX file for ${RESOURCE}`).setInputFiles({
    name: "notes.onnx",
    mimeType: "application/octet-stream",
    buffer: Buffer.from("This is no model."),
  });
  await expect(refused).toContainText("notes.onnx");
  await expect(stage.getByText("Own model", { exact: true })).toBeVisible();
  expect(await mass(made)).toBe(heavier);

  await stage.getByRole("button", { name: "Back to the version’s model" }).click();
  const question = page.getByRole("dialog", { name: `Back to the version’s “${RESOURCE}”?` });
  await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
  await axe(page);
  await question.getByRole("button", { name: "Use the version’s" }).click();
  await expect(stage).toContainText("The version’s");
  await expect(page.getByRole("heading", { level: 2, name: "Models", exact: true })).toBeFocused();
  await expect.poll(() => mass(made)).toBe(before);
});

test("an update keeps what is customised, and a revision leads back", async ({ page, server }) => {
  const demo = await server.demo();
  const made = await addMass(server, demo, "kept");
  await customise(server.url, demo, made.path);
  await publishNext(server, demo);
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  await page.goto(`${made.path}/models`);
  await expect(page.getByText("1 behind")).toBeVisible();
  await expect(page.getByRole("link", { name: "Version 2 is available" })).toBeVisible();
  await expect(page.getByText(NOTES)).toBeVisible();
  await passes(page, "models-behind");

  // By keyboard alone: the plan, then the update.
  const hands = keyboard(page);
  await hands.press(page.getByRole("button", { name: "Update…" }));
  const dialog = page.getByRole("dialog", { name: "Update kept" });
  const line = dialog.getByRole("row").filter({ hasText: RESOURCE });
  await expect(line).toContainText("Kept");
  await passes(page, "models-plan");
  await dialog.getByRole("radio", { name: /Overwrite them/ }).check();
  await expect(line).toContainText("Lost");
  await expect(dialog).toContainText(`Lost here: the own model of “${RESOURCE}”.`);
  await passes(page, "models-plan-overwrite");
  await dialog.getByRole("radio", { name: /Keep them/ }).check();
  await expect(line).toContainText("Kept");
  await hands.press(dialog.getByRole("button", { name: "Update to version 2" }));
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("heading", { name: "Serves version 2" })).toBeVisible();
  await expect(page.getByText("Own model", { exact: true })).toBeVisible();
  expect(await serves(server.url, demo, made.path)).toEqual({ version: 2, own: true });

  const revisions = page.getByRole("table", { name: "Revisions" });
  await expect(revisions.getByRole("row").filter({ hasText: "In force" })).toContainText("Version 1 → 2");
  await revisions.getByRole("button", { name: "Go back to this (revision 1)" }).click();
  const back = page.getByRole("dialog", { name: "Go back to revision 1?" });
  await expect(back.getByRole("listitem").filter({ hasText: "Version 2 → 1" })).toBeVisible();
  await expect(back.getByRole("listitem").filter({ hasText: "the version’s" })).toBeVisible();
  await passes(page, "models-back");
  await back.getByRole("button", { name: "Go back", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Serves version 1" })).toBeVisible();
  expect(await serves(server.url, demo, made.path)).toEqual({ version: 1, own: false });
});

test("a customer compares a newer version, stays on the old one, then moves", async ({ page, server, guard }) => {
  guard.allow(/Failed to load resource: .* (400|422) /);
  const demo = await server.demo();
  await publishNext(server, demo);
  const path = `${service(demo, SERVICE).path}/endpoints/northwind`;
  await asCustomer(page, demo, path);
  await expect(page.getByRole("button", { name: /^Upload your own model/ })).toHaveAttribute("aria-disabled", "true");

  await page.getByRole("button", { name: "Compare on examples" }).click();
  const compared = page.getByRole("region", { name: "Compared on examples" });
  await expect(compared.getByText("20 rows of 20 would get another result.")).toBeVisible();
  const table = compared.getByRole("table", { name: "Results of both versions" });
  await expect(table.getByRole("cell", { name: /^differs:/ })).toHaveCount(20);
  // What a person came for stands first.
  await expect(table.locator("thead tr").first().locator("th")).toHaveText(["Row", "Version 1 (now)", "Version 2", "Sent"]);
  await passes(page, "models-compare");
  await compared.getByText("Compare rows of your own").click();
  await compared.getByRole("textbox", { name: "Rows", exact: true }).fill("Adelie,Torgersen");
  await compared.getByRole("button", { name: "Compare these" }).click();
  await expect(compared).toContainText("Line 1 has 2 cells; 6 are expected.");
  await compared.getByRole("textbox", { name: "Rows", exact: true }).fill(ROW);
  await compared.getByRole("button", { name: "Compare these" }).click();
  await expect(compared.getByText("1 row of 1 would get another result.")).toBeVisible();

  await page.getByRole("button", { name: "Stay for a while…" }).click();
  const stay = page.getByRole("dialog", { name: "Stay on version 1" });
  await stay.getByLabel("Until the end of (UTC)").fill("");
  await stay.getByRole("button", { name: "Stay" }).click();
  await expect(stay).toContainText("Choose a day.");
  await passes(page, "models-stay");
  const day = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
  await stay.getByLabel("Until the end of (UTC)").fill(day);
  await stay.getByRole("button", { name: "Stay" }).click();
  await expect(stay).toBeHidden();
  await expect(page.getByText(`until the end of ${day}`, { exact: false }).first()).toBeVisible();
  await page.getByRole("button", { name: "Stay no longer" }).click();
  await expect(page.getByRole("button", { name: "Stay for a while…" })).toBeVisible();

  await page.getByRole("button", { name: "Move now…" }).click();
  const move = page.getByRole("dialog", { name: "Update northwind" });
  await expect(move.getByRole("combobox")).toHaveCount(0);
  await expect(move.getByRole("radio")).toHaveCount(0);
  await move.getByRole("button", { name: "Update to version 2" }).click();
  await expect(page.getByRole("heading", { name: "Serves version 2" })).toBeVisible();
  expect(await serves(server.url, demo, path)).toEqual({ version: 2, own: false });
});

test("a customer who is not shown the sample rows compares rows of their own", async ({ page, server }) => {
  const demo = await server.demo();
  await publishNext(server, demo);
  const path = `${service(demo, SERVICE).path}/endpoints/northwind`;
  const hidden = await fetch(`${server.url}/api/v1${path}`, {
    method: "PATCH",
    headers: { Authorization: `Bearer ${demo.workspace_token}`, "Content-Type": "application/json", "If-Match": "*" },
    body: JSON.stringify({ sample_data_enabled: false }),
  });
  expect(hidden.status).toBe(200);
  await asCustomer(page, demo, path);
  await page.getByRole("button", { name: "Compare on examples" }).click();
  const compared = page.getByRole("region", { name: "Compared on examples" });
  await expect(compared).toContainText("The publisher does not show sample rows here.");
  // Nothing is there to be opened or asked for first.
  const rows = compared.getByRole("textbox", { name: "Rows", exact: true });
  await expect(rows).toBeVisible();
  await expect(compared.getByRole("button", { name: "Sample rows again" })).toHaveCount(0);
  await expect(compared.getByRole("table")).toHaveCount(0);
  await passes(page, "models-compare-own");
  await rows.fill(ROW);
  await compared.getByRole("button", { name: "Compare these" }).click();
  await expect(compared.getByText("1 row of 1 would get another result.")).toBeVisible();
  await expect(compared.getByRole("cell", { name: /^differs:/ })).toHaveCount(1);
});
