// The main job: rows from a spreadsheet get predictions. Pasted, checked, mended by keyboard, scored,
// and handed out as files that other people's programs open.

import type { Page, TestInfo } from "@playwright/test";
import { expect, passes, test } from "./fixtures.ts";
import { libreOfficeReads, openpyxlReads, type Value } from "./office.ts";
import { endpoint } from "./rest.ts";
import { readFile } from "node:fs/promises";
import {
  activeCell,
  changed,
  download,
  expected,
  markedCells,
  openSheet,
  parseCsv,
  pasteTable,
  penguins,
  reachAndPress,
  tabOn,
  type Rows,
} from "./sheet.ts";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

/** Three cells that can't be scored, by address, and what a person makes of them. */
const BAD = { B17: "thirty-nine", A40: "", E200: "12 kg" };

test.beforeEach(async ({ page, signIn }) => {
  await signIn(page, "owner");
});

test("344 pasted rows are mended and scored by keyboard alone, and leave as CSV and XLSX", async ({ page, server }, info) => {
  const calls = scoreCalls(page);
  const rows = await penguins();
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  await passes(page, "batch-empty");

  await pasteTable(page, changed(rows, BAD));
  await expect(sheet.grid, "the table is what the keys go to").toBeFocused();
  await expect(sheet.findings).toHaveText(/^3 cells to fix/);
  await test.step("exactly the three bad cells are marked", async () => {
    expect(await markedCells(page)).toEqual(Object.keys(BAD));
    await page.keyboard.press("ControlOrMeta+Home");
    for (const [address, text] of [...Object.entries(BAD), ["B17", BAD.B17] as const]) {
      await page.keyboard.press("F8");
      await expect(sheet.address).toHaveText(address);
      const cell = await activeCell(page);
      await expect(cell).toHaveAttribute("aria-invalid", "true");
      await expect(cell).toHaveText(text);
      await expect(sheet.words).toContainText("To fix: ");
    }
    await page.keyboard.press("Shift+F8");
    await expect(sheet.address).toHaveText("E200");
  });
  await passes(page, "batch-findings");

  await test.step("the list has them with their addresses, and leads to them", async () => {
    await reachAndPress(page, "List");
    const entries = sheet.list.getByRole("button").filter({ hasText: "to fix" });
    await expect(entries.locator(".batch-entry-at")).toHaveText(Object.keys(BAD));
    await expect(entries.locator(".batch-entry-text")).toHaveText(["thirty-nine", "empty", "12 kg"]);
    await passes(page, "batch-list");
    await tabOn(page, entries.nth(1));
    await page.keyboard.press("Enter");
    await expect(sheet.address).toHaveText("A40");
    await expect(sheet.grid).toBeFocused();
  });

  await test.step("they are mended by keyboard", async () => {
    await page.keyboard.press("ControlOrMeta+Home");
    await page.keyboard.press("F8");
    await expect(sheet.address).toHaveText("B17");
    await page.keyboard.press("F2");
    const field = page.getByRole("textbox", { name: "bill_length_mm, row 17" }).or(sheet.grid.locator("input"));
    await expect(field).toHaveValue(BAD.B17);
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(rows[16]![1]!);
    await page.keyboard.press("Enter");
    await expect(sheet.findings).toHaveText(/^2 cells to fix/);
    await expect(sheet.address).toHaveText("B18");

    await page.keyboard.press("F8");
    await expect(sheet.address).toHaveText("A40");
    await page.keyboard.type(rows[39]![0]!);
    // The next one, out of the field.
    await page.keyboard.press("F8");
    await expect(sheet.address).toHaveText("E200");
    await page.keyboard.type(rows[199]![4]!);
    await page.keyboard.press("Enter");
    await expect(sheet.findings).toHaveText(/^Nothing to fix/);
    await expect(sheet.list.getByRole("button").filter({ hasText: "to fix" })).toHaveCount(0);
  });

  await reachAndPress(page, "Columns");
  await expect(sheet.columns).toBeVisible();
  await passes(page, "batch-columns");
  await page.keyboard.press("Escape");
  await expect(sheet.columns).toHaveCount(0);

  expect(calls, "nothing is sent before Score").toEqual([]);
  await tabOn(page, sheet.score);
  await expect(sheet.score).toHaveText("Score 344 rows");
  await page.keyboard.press("Enter");
  await expect(sheet.scoring).toContainText("344 scored");
  await expect(sheet.score).toHaveText("Score (Every row is scored)");
  await expect(sheet.scoring, "the focus stays where the button was").toBeFocused();
  expect(calls.length, "the calls are seen").toBeGreaterThan(0);
  expect(calls.reduce((sum, rows) => sum + rows, 0), "each row is sent once").toBe(344);
  await passes(page, "batch-scored");

  const csv = await download(page, () => reachAndPress(page, "Download CSV"));
  expect(csv.name).toBe("Penguin species acme scored.csv");
  const handed = parseCsv(await readFile(csv.path, "utf8"));
  await isScored(handed, rows);

  const xlsx = await download(page, () => reachAndPress(page, "Download XLSX"));
  expect(xlsx.name).toBe("Penguin species acme scored.xlsx");
  await opensElsewhere(csv.path, xlsx.path, handed, info);
});

test("undo and redo take edits back one by one, and predictions go out of date and are renewed", async ({ page, server }) => {
  const rows = await penguins();
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  await pasteTable(page, changed(rows, BAD));
  await page.keyboard.press("F8");
  await expect(sheet.address).toHaveText("B17");
  await page.keyboard.type("40");
  await page.keyboard.press("ArrowRight");
  await expect(sheet.address).toHaveText("C17");
  await page.keyboard.press("Delete");
  await expect(await activeCell(page)).toHaveText("");
  await expect(sheet.findings).toHaveText(/^2 cells to fix/);

  await page.keyboard.press("ControlOrMeta+z");
  await expect(await activeCell(page)).toHaveText(rows[16]![2]!);
  await page.keyboard.press("ControlOrMeta+z");
  await expect(sheet.findings).toHaveText(/^3 cells to fix/);
  await expect(sheet.address, "what was taken back is shown").toHaveText("B17");
  await expect(await activeCell(page)).toHaveText(BAD.B17);
  await expect(sheet.button("Undo")).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("ControlOrMeta+y");
  await expect(sheet.findings).toHaveText(/^2 cells to fix/);
  await sheet.button("Redo").click();
  await expect(sheet.button("Redo")).toHaveAttribute("aria-disabled", "true");
  await sheet.button("Undo").click();
  await expect(sheet.button("Redo")).not.toHaveAttribute("aria-disabled", "true");

  await sheet.score.click();
  await expect(sheet.scoring).toContainText("342 scored · 2 left out");
  await sheet.grid.focus();
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("45");
  await page.keyboard.press("Enter");
  await expect(sheet.score).toHaveText("Score 1 changed row, skip 2");
  await expect(sheet.scoring).toContainText("341 scored");
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.press("ControlOrMeta+ArrowUp");
  await expect(sheet.words).toContainText("The row was changed since");
  await sheet.score.click();
  await expect(sheet.scoring).toContainText("342 scored · 2 left out");
  await expect(sheet.words).not.toContainText("The row was changed since");
});

test("rows to fix are left out, sent all the same, or fixed first, with their exact counts", async ({ page, server }) => {
  const calls = scoreCalls(page);
  const rows = await penguins();
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  // Two bad cells in one row are one row.
  await pasteTable(page, changed(rows, { ...BAD, C17: "?" }));
  await expect(sheet.findings).toHaveText(/^4 cells to fix/);
  await expect(sheet.score).toHaveText("Score 341 rows, skip 3");
  const policy = page.getByLabel("Rows to fix:");
  await policy.selectOption("fix them first");
  await expect(sheet.score).toHaveAttribute("aria-disabled", "true");
  await expect(sheet.scoring).toContainText("3 rows to fix first");
  await policy.selectOption("send them all the same");
  await expect(sheet.score).toHaveText("Score 344 rows");
  await policy.selectOption("leave them out");
  await sheet.score.click();
  await expect(sheet.scoring).toContainText("341 scored · 3 left out");
  expect(calls.reduce((sum, rows) => sum + rows, 0)).toBe(341);

  const csv = await download(page, () => sheet.button("Download CSV").click());
  const [head, ...body] = parseCsv(await readFile(csv.path, "utf8"));
  expect(head!.at(-1)).toBe("Status");
  expect(body).toHaveLength(344);
  expect(body.filter((row) => row.at(-1) === "scored")).toHaveLength(341);
  for (const [number, address] of [[17, "B17"], [40, "A40"], [200, "E200"]] as const) {
    expect(body[number - 2]!.at(-1)).toMatch(new RegExp(`^skipped: ${address}: `));
    expect(body[number - 2]!.slice(6, -1), "no prediction").toEqual(["", "", "", ""]);
  }

  // The server has the last word: what it refuses fails alone, with its reason.
  await policy.selectOption("send them all the same");
  await sheet.score.click();
  await expect(sheet.scoring).toContainText("341 scored · 3 failed");
  await sheet.button("Show only failed rows").click();
  await expect(page.locator(".batch-status")).toContainText("3 of 344 rows shown");
  await passes(page, "batch-failed");
});

/** Rows of each call that scores, from now on. */
function scoreCalls(page: Page): number[] {
  const calls: number[] = [];
  page.context().on("request", (request) => {
    if (!new URL(request.url()).pathname.endsWith("/score")) return;
    calls.push((request.postDataJSON() as { rows: unknown[] }).rows.length);
  });
  return calls;
}

/** The file holds the pasted rows in their order, with the predictions that are expected of them. */
async function isScored(handed: Rows, pasted: Rows): Promise<void> {
  const predictions = await expected();
  expect(handed[0]).toEqual([...pasted[0]!, ...predictions[0]!]);
  expect(handed.map((row) => row.slice(0, 6))).toEqual(pasted);
  for (const [index, row] of predictions.entries()) {
    if (index === 0) continue;
    const [label, ...probabilities] = handed[index]!.slice(6);
    expect(label, `row ${index + 1}`).toBe(row[0]);
    for (const [at, text] of probabilities.entries()) {
      expect(Math.abs(Number(text) - Number(row[at + 1])), `row ${index + 1}, ${text}`).toBeLessThanOrEqual(1e-5);
    }
  }
}

/** openpyxl and LibreOffice find the same cells in both files. */
async function opensElsewhere(csv: string, xlsx: string, handed: Rows, info: TestInfo): Promise<void> {
  const { sheets, rows } = await openpyxlReads(xlsx);
  expect(sheets).toEqual(["Rows"]);
  expect(rows.map((row) => row.map(asText))).toEqual(handed.map((row) => row.map(canonical)));
  expect(typeof rows[1]![1], "numbers are numbers").toBe("number");
  for (const [kind, path] of [["csv", csv], ["xlsx", xlsx]] as const) {
    const seen = await libreOfficeReads(path, kind);
    expect(seen.map((row) => row.map(canonical)), `LibreOffice on ${kind}`).toEqual(handed.map((row) => row.map(canonical)));
  }
  info.annotations.push({ type: "cells", description: String(handed.length * handed[0]!.length) });
}

/** A number in the one way that it is compared in; other texts as they are. */
function canonical(text: string): string {
  return text !== "" && Number.isFinite(Number(text)) ? String(Number(text)) : text;
}

function asText(value: Value): string {
  return value === null ? "" : String(value);
}
