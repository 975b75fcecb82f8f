// Add many: a list is pasted or chosen, checked row by row, made in parts, and run again without
// making anything twice.

import { readFile } from "node:fs/promises";
import { expect, passes, test } from "./fixtures.ts";
import { get, service } from "./rest.ts";

const BAD = [
  "name,description,throttle,customer",
  "manya,First,low,",
  "Many B,Second,low,",
  "manyc,Third,900,",
  "manyd,Fourth,40,Nobody Ltd.",
  "manya,Again,,",
  'manye,"Fifth, with a comma",7,',
].join("\n");

test.beforeEach(async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  await page.goto(service(server.demo).path);
  await page.getByRole("link", { name: "Add many…" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Add many endpoints" })).toBeVisible();
});

// Each looks at its pages in two themes and in a narrow window, with axe.

test("a bad row says which cell is wrong, and holds nobody back", async ({ page, server }) => {
  await expect(page.getByRole("textbox", { name: "Endpoints" })).toBeVisible();
  await passes(page, "many");
  await page.getByRole("button", { name: "Check the list" }).click();
  await expect(page.getByText("There are no rows in it.")).toBeVisible();
  await page.getByRole("textbox", { name: "Endpoints" }).fill('a,"b');
  await page.getByRole("button", { name: "Check the list" }).click();
  await expect(page.getByText("A quote that opens in line 1 is never closed.")).toBeVisible();

  await page.getByRole("textbox", { name: "Endpoints" }).fill(BAD);
  await page.getByRole("button", { name: "Check the list" }).click();
  const rows = page.getByRole("table", { name: "Rows of the list" });
  await expect(page.getByText("2 can be created, 4 have errors.")).toBeVisible();
  const row = (line: number) => rows.getByRole("row").nth(line - 1);
  await expect(row(3)).toContainText("Use lower-case letters only.");
  await expect(row(4)).toContainText("Error");
  await expect(row(5)).toContainText("Nobody Ltd.");
  await expect(row(6)).toContainText("Line 2 has this name already.");
  await passes(page, "many-checked");
  await page.getByRole("switch", { name: "Only rows with errors" }).check();
  await expect(rows.getByRole("row")).toHaveCount(5);
  await page.getByRole("switch", { name: "Only rows with errors" }).uncheck();

  await page.getByRole("button", { name: "Create 2 endpoints" }).click();
  await expect(page.getByText("2 created, 4 have errors.")).toBeVisible();
  await passes(page, "many-created");
  const { path } = service(server.demo);
  const made = await get<{ description: string; throttle: object; urls: { request_response: string } }>(
    server.url,
    server.demo,
    `${path}/endpoints/manye`,
  );
  expect(made).toMatchObject({ description: "Fifth, with a comma", throttle: { max_concurrent_calls: 7 } });

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export the list" }).click();
  const text = await readFile(await (await download).path(), "utf8");
  expect(text).toContain(`manye,"Fifth, with a comma",7,,Created,${made.urls.request_response},`);
  expect(text).toMatch(/manyc,Third,900,,Error,,throttle: /);

  // The same list again makes nothing twice.
  await page.getByRole("button", { name: "Another list" }).click();
  await expect(page.getByRole("textbox", { name: "Endpoints" })).toHaveValue(BAD);
  await page.getByRole("button", { name: "Check the list" }).click();
  await expect(page.getByText("2 already there, 4 have errors.")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Create 0 endpoints/ })).toHaveAttribute("aria-disabled", "true");
});

test("120 endpoints come from a file, and the list of endpoints has them", async ({ page, server }) => {
  const lines = Array.from({ length: 120 }, (_, at) => `file${at}\tFrom a file\thigh`);
  await page.getByLabel("CSV file with endpoints").setInputFiles({
    name: "endpoints.tsv",
    mimeType: "text/tab-separated-values",
    buffer: Buffer.from(`\uFEFF${lines.join("\r\n")}\r\n`),
  });
  await expect(page.getByText("120 can be created.")).toBeVisible();
  await page.getByRole("button", { name: "Create 120 endpoints" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("120 created.")).toBeVisible({ timeout: 30_000 });
  const link = page.getByRole("link", { name: "file0", exact: true });
  await expect(page.getByRole("row").filter({ has: link })).toContainText(server.url);
  await page.getByRole("link", { name: "Back to the endpoints" }).click();
  await expect(page.getByRole("rowheader", { name: "file0", exact: true })).toBeVisible();
});

test("what is no list in UTF-8 is refused", async ({ page }) => {
  await page.getByLabel("CSV file with endpoints").setInputFiles({
    name: "old.csv",
    mimeType: "text/csv",
    buffer: Buffer.from([0x61, 0x2c, 0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72]),
  });
  await expect(page.getByText("It is not in UTF-8.")).toBeVisible();
  await expect(page.getByRole("table")).toHaveCount(0);
});
