// The ledger: which endpoint runs which models; filtered, exported, updated together, and taken back.

import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { passes } from "./checks.ts";
import { addMass, customise, publishNext, SERVICE, serves } from "./masses.ts";
import { test, type OwnServer } from "./own-server.ts";
import { service } from "./rest.ts";
import type { Demo } from "./server.ts";

/** Two endpoints as they are, one with its own model, one that updates pass by; then a second version. */
async function prepared(page: Page, server: OwnServer): Promise<{ demo: Demo; path: string }> {
  const demo = await server.demo();
  await addMass(server, demo, "alpha");
  await addMass(server, demo, "beta");
  const own = await addMass(server, demo, "gamma");
  await customise(server.url, demo, own.path);
  await addMass(server, demo, "held", { prevent_update: true });
  await publishNext(server, demo);
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  return { demo, path: service(demo, SERVICE).path };
}

const names = (page: Page) =>
  page.getByRole("table", { name: "Which endpoint runs which models" }).getByRole("rowheader");

// Each looks at its pages in two themes and in a narrow window, with axe.

test("the ledger is filtered by its address, and exported as it is filtered", async ({ page, server }) => {
  const { path } = await prepared(page, server);
  await page.goto(path);
  await page.getByRole("link", { name: "Ledger" }).click();
  await expect(names(page)).toHaveText(["default", "acme", "alpha", "beta", "gamma", "held", "northwind"]);
  const row = (name: string) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
  await expect(row("alpha")).toContainText("1 behind");
  await expect(row("default")).not.toContainText("behind");
  await expect(row("gamma").getByText("own", { exact: true })).toBeVisible();
  await expect(row("held")).toContainText("Prevented");
  await passes(page, "ledger");

  await page.getByLabel("Behind only").check();
  await page.getByLabel("Customised only").check();
  await expect(names(page)).toHaveText(["gamma"]);
  await expect(page).toHaveURL(/\?behind=1&own=1$/);
  await page.reload();
  await expect(names(page)).toHaveText(["gamma"]);
  await expect(page.getByLabel("Behind only")).toBeChecked();
  await expect(page.getByText("1 of 7 endpoints match")).toBeVisible();

  await page.getByLabel("Customised only").uncheck();
  await page.getByRole("searchbox", { name: "Filter endpoints" }).fill("a al");
  await expect(names(page)).toHaveText(["alpha"]);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  const file = await (await download).path();
  const [head, ...lines] = (await readFile(file, "utf8")).trim().split("\r\n");
  expect(head).toMatch(/^name,customer,version,behind,revision,since,prevent update,stays until,/);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^alpha,,1,1,1,\d{4}-/);

  await page.getByRole("searchbox", { name: "Filter endpoints" }).fill("nobody");
  await expect(page.getByText("No endpoint matches", { exact: true })).toBeVisible();
  await passes(page, "ledger-none");
  await page.getByLabel("Version", { exact: true }).selectOption("1");
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await expect(page.getByRole("searchbox", { name: "Filter endpoints" })).toBeFocused();
  await expect(page.getByLabel("Version", { exact: true })).toHaveValue("");
  await expect(names(page)).toHaveCount(7);

  await page.goto(`${path}/ledger?version=two&behind=perhaps`);
  await expect(page.getByText("There is no version “two”; all are shown.")).toBeVisible();
  await expect(names(page)).toHaveCount(7);
});

test("all but the customised are updated together, seen one by one, and taken back", async ({ page, server }) => {
  const { demo, path } = await prepared(page, server);
  await page.goto(`${path}/ledger`);
  await page.getByRole("button", { name: "Update all except customised…" }).click();
  const plan = page.getByRole("dialog", { name: "Update all endpoints without own models" });
  await expect(plan).toContainText("4 endpoints change, 1 is passed by.");
  await expect(plan.getByRole("row").filter({ hasText: "held" })).toContainText("Passed by");
  await expect(plan.getByRole("row").filter({ hasText: "gamma" })).toHaveCount(0);
  await passes(page, "ledger-plan");
  await plan.getByRole("button", { name: "Update 4 endpoints" }).click();

  const run = page.getByRole("region", { name: "Run", exact: true });
  const done = run.getByRole("table", { name: "What the run did to each endpoint" });
  await expect(done.getByRole("row").filter({ hasText: "alpha" })).toContainText("1 → 2");
  await expect(run).toContainText("4 changed");
  await passes(page, "ledger-run");
  expect(await serves(server.url, demo, `${path}/endpoints/alpha`)).toEqual({ version: 2, own: false });
  expect(await serves(server.url, demo, `${path}/endpoints/gamma`)).toEqual({ version: 1, own: true });
  expect(await serves(server.url, demo, `${path}/endpoints/held`)).toEqual({ version: 1, own: false });

  await run.getByRole("button", { name: "Close" }).click();
  await page.getByRole("radio", { name: "Runs" }).check({ force: true });
  const runs = page.getByRole("table", { name: "Runs", exact: true });
  await expect(runs.getByRole("row").nth(1)).toContainText("Finished");
  await passes(page, "ledger-runs");
  await runs.getByRole("button", { name: "Take back…" }).click();
  const back = page.getByRole("dialog", { name: "Take back a run" });
  await back.getByRole("button", { name: "Roll back 4 endpoints" }).click();
  await expect(run).toContainText("4 changed");
  await expect(done.getByRole("row").filter({ hasText: "alpha" })).toContainText("2 → 1");
  expect(await serves(server.url, demo, `${path}/endpoints/alpha`)).toEqual({ version: 1, own: false });
});

test("those that are chosen are updated; own models are overwritten only when that is asked", async ({ page, server }) => {
  const { demo, path } = await prepared(page, server);
  await page.goto(`${path}/ledger`);
  await page.getByRole("checkbox", { name: "Choose gamma" }).focus();
  await page.keyboard.press("Space");
  await page.getByRole("checkbox", { name: "Choose alpha" }).check();
  await expect(page.getByText("2 endpoints chosen")).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Choose default" })).toBeDisabled();
  await passes(page, "ledger-chosen");
  await page.getByRole("button", { name: "Update…" }).click();
  const plan = page.getByRole("dialog", { name: "Update 2 endpoints" });
  await expect(plan).toContainText("2 endpoints change, 1 of them keeps own models.");
  await plan.getByRole("radio", { name: /Overwrite them/ }).check();
  await expect(plan).toContainText("Lost: the own model of");
  await passes(page, "ledger-plan-overwrite");
  await plan.getByRole("radio", { name: /Keep them/ }).check();
  await expect(plan).not.toContainText("Lost: the own model of");
  await expect(plan.getByRole("radio", { name: /Keep them/ })).toBeFocused();
  await plan.getByRole("button", { name: "Update 2 endpoints" }).click();
  await expect(page.getByRole("region", { name: "Run", exact: true })).toContainText("2 changed");
  await expect(page.getByRole("region", { name: "Run", exact: true })).toBeFocused();
  expect(await serves(server.url, demo, `${path}/endpoints/gamma`)).toEqual({ version: 2, own: true });

  // One of them alone goes back.
  await page.getByRole("region", { name: "Run", exact: true }).getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("radio", { name: "Endpoints" })).toBeFocused();
  await page.getByRole("checkbox", { name: "Choose gamma" }).check();
  await page.getByRole("button", { name: "Roll back…" }).click();
  const back = page.getByRole("dialog", { name: "Roll back gamma" });
  await expect(back.getByRole("button", { name: /^Roll back/ })).toHaveAttribute("aria-disabled", "true");
  await back.getByLabel("The run that is taken back").selectOption({ index: 1 });
  await back.getByRole("button", { name: "Roll back 1 endpoint" }).click();
  await expect(page.getByRole("region", { name: "Run", exact: true })).toContainText("1 changed");
  expect(await serves(server.url, demo, `${path}/endpoints/gamma`)).toEqual({ version: 1, own: true });
  expect(await serves(server.url, demo, `${path}/endpoints/alpha`)).toEqual({ version: 2, own: false });
});
