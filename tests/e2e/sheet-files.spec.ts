// Tables as people have them: of another country's Excel, with other names, with columns of their own.
// What can be told is told, what can't is asked, and what nobody asked about comes back as it was.

import { readFile } from "node:fs/promises";
import { call, column } from "./calls.ts";
import { expect, passes, test } from "./fixtures.ts";
import { openpyxlReads, openpyxlWrites, type Value } from "./office.ts";
import { endpoint } from "./rest.ts";
import { activeCell, choose, download, hasRows, openSheet, parseCsv, pasteTable, penguins, type Rows } from "./sheet.ts";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

const SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

test.beforeEach(async ({ page, signIn }) => {
  await signIn(page, "owner");
});

/** Ten penguins as a German Excel saves them, with two columns more. */
async function german(): Promise<Rows> {
  const names = ["Nr", "Island", "Bill length (mm)", "Bill Depth [mm]", "flipperLengthMM", "Body mass, g", "Sex", "Finder"];
  const rows = (await penguins()).slice(1, 11).map((row, index) => {
    const own = row.map((text) => text.replace(".", ","));
    return [`000${index + 17}`, ...own, index % 2 ? "Jürg Süß" : "Zoë"];
  });
  return [names, ...rows];
}

test("a CSV with semicolons, decimal commas and Windows-1252 is read, mapped by similar names and handed back", async ({ page, server }) => {
  const acme = endpoint(server.demo, "acme");
  const sheet = await openSheet(page, acme);
  const rows = await german();
  const buffer = Buffer.from(rows.map((row) => `${row.join(";")}\r\n`).join(""), "latin1");
  await choose(page, { name: "Pinguine.csv", mimeType: "text/csv", buffer });
  await hasRows(page, 10);
  await expect(page.getByText("Read as windows-1252, semicolon, header in row 1")).toBeVisible();
  await expect(sheet.findings).toHaveText(/^Nothing to fix/);

  await sheet.button("Columns").click();
  const fed = ["B · Island", "C · Bill length (mm)", "D · Bill Depth [mm]", "E · flipperLengthMM", "F · Body mass, g", "G · Sex"];
  for (const [index, name] of (await penguins())[0]!.entries()) {
    await expect(sheet.columns.getByLabel(name, { exact: true }).locator("option:checked"), name).toHaveText(fed[index]!);
  }
  await sheet.columns.getByRole("button", { name: "Done" }).click();
  await sheet.grid.focus();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(sheet.address).toHaveText("C2");
  await expect(await activeCell(page), "a text stays as it is written").toHaveText("39,1");

  await sheet.score.click();
  await expect(sheet.scoring).toContainText("10 scored");
  const plain = { columns: (await penguins())[0]!, rows: (await penguins()).slice(1, 11) };
  const answer = await call(acme.url, acme.primary_key, plain);
  const csv = await download(page, () => sheet.button("Download CSV").click());
  expect(csv.name).toBe("Pinguine scored.csv");
  const handed = parseCsv(await readFile(csv.path, "utf8"));
  expect(handed.map((row) => row.slice(0, 8))).toEqual(rows);
  expect(handed.slice(1).map((row) => row[8])).toEqual(column(answer, "Scored Labels"));

  const xlsx = await download(page, () => sheet.button("Download XLSX").click());
  const found = await openpyxlReads(xlsx.path);
  expect(found.rows[1]!.slice(0, 3), "leading zeros stay").toEqual(["00017", "Torgersen", "39,1"]);
  expect(found.rows[2]![7]).toBe("Jürg Süß");
});

test("a workbook of openpyxl is read from the sheet that is chosen", async ({ page, server }) => {
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  const [head, ...body] = await penguins();
  const typed = body.slice(0, 30).map((row): Value[] =>
    row.map((text, index) => (text === "" ? null : index > 0 && index < 5 ? Number(text) : text)),
  );
  const tagged: Value[][] = [[...head!, "tag"], ...typed.map((row, index): Value[] => [...row, `00${index}`])];
  const buffer = await openpyxlWrites({ Cover: [["Intake of the week"], ["made by the vets"]], Penguins: tagged });
  await choose(page, { name: "intake.xlsx", mimeType: SPREADSHEET, buffer });
  await expect(sheet.grid).toBeVisible();
  await page.locator("summary").filter({ hasText: "Read as sheet Cover" }).click();
  await page.getByLabel("Sheet", { exact: true }).selectOption("Penguins");
  await hasRows(page, 30);
  await expect(page.locator("summary"), "there is nothing to remark").toHaveText("Read as sheet Penguins, header in row 1");
  await expect(sheet.findings).toHaveText(/^Nothing to fix/);
  await sheet.grid.focus();
  await page.keyboard.press("ControlOrMeta+Home");
  await expect(sheet.address).toHaveText("Penguins!A2");
  await passes(page, "batch-workbook");
  await sheet.score.click();
  await expect(sheet.scoring).toContainText("30 scored");
  const xlsx = await download(page, () => sheet.button("Download XLSX").click());
  expect(xlsx.name).toBe("intake scored.xlsx");
  const { rows } = await openpyxlReads(xlsx.path);
  expect(rows.map((row) => row.slice(0, 7))).toEqual(tagged);

  // What was handed out can come back, predictions and all.
  await choose(page, { name: "again.xlsx", mimeType: SPREADSHEET, buffer: await readFile(xlsx.path) });
  await expect(page.getByRole("heading", { name: "again.xlsx" })).toBeVisible();
  await hasRows(page, 30);
  await expect(sheet.findings).toHaveText(/^Nothing to fix/);
  await expect(sheet.score).toHaveText("Score 30 rows");
});

test("a file is dropped anywhere on the page", async ({ page, server }) => {
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  const text = (await penguins()).slice(0, 21).map((row) => row.join(",")).join("\n");
  const data = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
    return data;
  }, text);
  const target = page.getByRole("heading", { name: "Paste rows, or drop a file" });
  await target.dispatchEvent("dragover", { dataTransfer: data });
  await expect(page.locator(".batch-over")).toBeVisible();
  await passes(page, "batch-over");
  await target.dispatchEvent("drop", { dataTransfer: data });
  await hasRows(page, 20);
  await expect(page.locator(".batch-over")).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "dropped.csv" })).toBeVisible();
  await expect(sheet.score).toHaveText("Score 20 rows");
});

test("columns that nobody could guess are chosen, and what is missing is the same in every row", async ({ page, server }) => {
  const acme = endpoint(server.demo, "acme");
  const sheet = await openSheet(page, acme);
  const body = (await penguins()).slice(5, 17);
  // The two measurements of the bill stand under names that tell nothing, and the island is not there.
  const rows = [["q1", "q2", "flipper_length_mm", "body_mass_g", "sex"], ...body.map(([, ...rest]) => [rest[1]!, rest[0]!, ...rest.slice(2)])];
  await pasteTable(page, rows);
  await expect(sheet.score).toHaveAttribute("aria-disabled", "true");
  await sheet.button("Columns 3 without a column").click();
  const input = (name: string) => sheet.columns.getByLabel(name, { exact: true });
  await expect(input("island").locator("option:checked")).toHaveText("nothing");
  await input("bill_length_mm").selectOption("B · q2");
  await input("bill_depth_mm").selectOption("A · q1");
  await input("island").selectOption("the same in every row");
  const same = sheet.columns.getByRole("textbox", { name: "The same island in every row" });
  await same.fill("Madagascar");
  await same.press("Tab");
  await passes(page, "batch-constant");
  await same.fill("Dream");
  await same.press("Tab");
  await sheet.columns.getByRole("button", { name: "Done" }).click();
  await expect(sheet.findings).toHaveText(/^Nothing to fix/);
  await sheet.score.click();
  await expect(sheet.scoring).toContainText("12 scored");

  const dreaming = { columns: (await penguins())[0]!, rows: body.map(([, ...rest]) => ["Dream", ...rest]) };
  const answer = await call(acme.url, acme.primary_key, dreaming);
  const csv = await download(page, () => sheet.button("Download CSV").click());
  const handed = parseCsv(await readFile(csv.path, "utf8"));
  expect(handed.map((row) => row.slice(0, 5)), "the table stays as it was pasted").toEqual(rows);
  for (const name of handed[0]!.slice(5)) {
    const index = handed[0]!.indexOf(name);
    expect(handed.slice(1).map((row) => row[index]), name).toEqual(column(answer, name));
  }
});

test("the template has the model's columns, and lists of what is known", async ({ page, server }) => {
  await openSheet(page, endpoint(server.demo, "acme"));
  const template = await download(page, () => page.getByRole("button", { name: "Download template" }).click());
  expect(template.name).toBe("Penguin species template.xlsx");
  const { sheets, rows, lists } = await openpyxlReads(template.path);
  expect(sheets).toEqual(["Rows", "Notes", "Values"]);
  expect(rows[0]).toEqual((await penguins())[0]);
  expect(lists.map(({ cells }) => cells.replace(/\d+/g, "")).sort()).toEqual(["A:A", "F:F"]);
  await choose(page, { name: template.name, mimeType: SPREADSHEET, buffer: await readFile(template.path) });
  await hasRows(page, rows.length - 1);
});
