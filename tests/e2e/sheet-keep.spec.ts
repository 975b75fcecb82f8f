// Nothing a person did is lost: not by a look at another tab, not by a key pressed in error, not by
// leaving without a word. And the grid does with the clipboard what spreadsheets do.

import type { Dialog, Locator, Page } from "@playwright/test";
import { expect, passes, test } from "./fixtures.ts";
import { onClipboard } from "./hands.ts";
import { endpoint } from "./rest.ts";
import {
  activeCell,
  changed,
  choose,
  download,
  hasRows,
  openSheet,
  pasteTable,
  penguins,
  sheetOn,
  toClipboard,
  tsv,
  type Rows,
} from "./sheet.ts";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

const csvFile = (name: string, rows: Rows) => ({
  name,
  mimeType: "text/csv",
  buffer: Buffer.from(rows.map((row) => `${row.join(",")}\n`).join("")),
});
const tab = (page: Page, name: string) => page.getByRole("navigation").getByRole("link", { name, exact: true });

/** Changes a cell's text by keyboard, from anywhere in the grid. */
async function type(page: Page, steps: string[], text: string): Promise<void> {
  await sheetOn(page).grid.focus();
  for (const key of steps) await page.keyboard.press(key);
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

/** Presses keys and then pastes, if there is a text, all in one task: nothing is answered between them. */
async function inOneTask(grid: Locator, keys: { key: string; ctrlKey?: boolean }[], text?: string): Promise<void> {
  await grid.evaluate((grid, { keys, text }) => {
    const common = { bubbles: true, cancelable: true };
    for (const key of keys) grid.dispatchEvent(new KeyboardEvent("keydown", { ...key, ...common }));
    if (text === undefined) return;
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    grid.dispatchEvent(new ClipboardEvent("paste", { clipboardData, ...common }));
  }, { keys, text });
}

test("table, edits and selection are there after a look at the keys", async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  await pasteTable(page, changed(await penguins(), { B301: "?" }));
  await page.keyboard.press("F8");
  await expect(sheet.address).toHaveText("B301");
  await page.keyboard.type("45.5");
  await page.keyboard.press("Enter");
  await expect(sheet.address).toHaveText("B302");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(page.locator(".batch-status")).toContainText("2 rows × 2 columns selected");
  const top = await sheet.grid.evaluate((grid) => grid.scrollTop);
  expect(top, "it is scrolled").toBeGreaterThan(1000);

  await tab(page, "Keys").click();
  await expect(sheet.grid).toHaveCount(0);
  // Keys and pastes elsewhere are none of the spreadsheet's.
  await page.keyboard.press("ControlOrMeta+v");
  await page.keyboard.press("F8");
  await tab(page, "Batch").click();
  await expect(sheet.address).toHaveText("B302");
  await expect(page.locator(".batch-status")).toContainText("2 rows × 2 columns selected");
  expect(await sheet.grid.evaluate((grid) => grid.scrollTop)).toBe(top);
  await hasRows(page, 344);
  await expect(sheet.findings).toHaveText(/^Nothing to fix/);
  await sheet.grid.focus();
  await page.keyboard.press("ArrowUp");
  await expect(sheet.address).toHaveText("B301");
  await expect(await activeCell(page)).toHaveText("45.5");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(await activeCell(page), "the edit can still be taken back").toHaveText("?");
});

test("the page asks before it goes, only where something would be lost", async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  const asked: string[] = [];
  page.on("dialog", (dialog: Dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  /** Reloads as a person does; whether the page asked, and so stayed. */
  const reload = async (): Promise<boolean> => {
    const before = asked.length;
    await page.evaluate(() => {
      (window as unknown as { here: boolean }).here = true;
      setTimeout(() => location.reload());
    });
    const gone = () => page.evaluate(() => !("here" in window)).catch(() => false);
    await expect.poll(async () => asked.length > before || (await gone()), { timeout: 20_000 }).toBe(true);
    return asked.length > before;
  };
  const acme = endpoint(server.demo, "acme");
  let sheet = await openSheet(page, acme);
  expect(await reload(), "with no table").toBe(false);

  sheet = await openSheet(page, acme);
  await pasteTable(page, (await penguins()).slice(0, 13));
  expect(await reload(), "with rows that are pasted again in a moment").toBe(false);

  sheet = await openSheet(page, acme);
  await pasteTable(page, (await penguins()).slice(0, 13));
  await type(page, ["ArrowRight"], "44.4");
  await expect(sheet.button("Undo")).not.toHaveAttribute("aria-disabled", "true");
  expect(await reload(), "with an edit").toBe(true);
  await tab(page, "Keys").click();
  expect(await reload(), "with an edit, while another tab is looked at").toBe(true);
  await tab(page, "Batch").click();
  await hasRows(page, 12);
  await download(page, () => sheet.button("Download CSV").click());
  await expect(page.getByRole("status").filter({ hasText: "is saved." })).toHaveCount(1);
  expect(await reload(), "with an edit that a file holds").toBe(false);

  sheet = await openSheet(page, acme);
  await pasteTable(page, (await penguins()).slice(0, 13));
  await sheet.score.click();
  await expect(sheet.scoring).toContainText("12 scored");
  expect(await reload(), "with predictions").toBe(true);
  expect(new Set(asked)).toEqual(new Set(["beforeunload"]));
  const { length } = asked;
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => asked.length, "closing the window asks as well").toBe(length + 1);
});

test("closing a table or opening another asks first where edits would be lost", async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  const rows = (await penguins()).slice(0, 13);
  await pasteTable(page, rows);
  await sheet.button("Close").click();
  await expect(sheet.grid, "nothing is lost, so nobody asks").toHaveCount(0);

  await pasteTable(page, rows);
  await expect(sheet.grid, "keys go to the table").toBeFocused();
  await type(page, ["ArrowRight"], "44.4");
  await expect(sheet.button("Undo")).not.toHaveAttribute("aria-disabled", "true");
  await sheet.button("Close").click();
  const closing = page.getByRole("dialog", { name: "Close this table?" });
  await expect(closing).toBeVisible();
  await passes(page, "batch-closing");
  await closing.getByRole("button", { name: "Cancel" }).click();
  await expect(sheet.grid).toBeVisible();

  await choose(page, csvFile("other.csv", rows.slice(0, 6)));
  const opening = page.getByRole("dialog", { name: "Open another table?" });
  await expect(opening).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(opening).toHaveCount(0);
  await hasRows(page, 12);
  await choose(page, csvFile("other.csv", rows.slice(0, 6)));
  await opening.getByRole("button", { name: "Open without saving" }).click();
  await hasRows(page, 5);
  await expect(page.getByRole("heading", { name: "other.csv" })).toBeVisible();

  await type(page, ["ArrowRight"], "44.4");
  await expect(sheet.button("Undo")).not.toHaveAttribute("aria-disabled", "true");
  await sheet.button("Close").click();
  await closing.getByRole("button", { name: "Close without saving" }).click();
  await expect(page.getByRole("heading", { name: "Paste rows, or drop a file" })).toBeFocused();
});

test("cells are copied, pasted, emptied and taken back as in a spreadsheet", async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  const rows = (await penguins()).slice(0, 21);
  await pasteTable(page, rows);
  const block = (fromRow: number, toRow: number, fromColumn: number, toColumn: number) =>
    rows.slice(fromRow - 1, toRow).map((row) => row.slice(fromColumn, toColumn + 1));
  const text = (rows: Rows) => rows.map((row) => row.join("\t")).join("\n");
  const copied = async () => (await onClipboard(page, "nothing was copied")).replace(/\n$/, "");

  for (const key of ["ArrowRight", "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight"]) await page.keyboard.press(key);
  await expect(page.locator(".batch-status")).toContainText("3 rows × 2 columns selected");
  await toClipboard(page, "nothing was copied");
  await page.keyboard.press("ControlOrMeta+c");
  expect(await copied()).toBe(text(block(2, 4, 1, 2)));

  // Pasted at another place, it is one act; what stood there comes back by one undo.
  await page.keyboard.press("ControlOrMeta+Home");
  for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
  await page.keyboard.press("ControlOrMeta+v");
  await expect(page.locator(".batch-status")).toContainText("3 rows × 2 columns selected");
  await expect(await activeCell(page)).toHaveText(rows[1]![1]!);
  await toClipboard(page, "nothing was copied");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.press("ControlOrMeta+c");
  const after = changed(rows, { B6: rows[1]![1]!, C6: rows[1]![2]!, B7: rows[2]![1]!, C7: rows[2]![2]!, B8: rows[3]![1]!, C8: rows[3]![2]! });
  expect(await copied(), "the predictions are empty yet").toBe(text(after.slice(1).map((row) => [...row, "", "", "", ""])));
  await page.keyboard.press("ControlOrMeta+z");
  await expect(sheet.address).toHaveText("B6");
  await expect(await activeCell(page)).toHaveText(rows[5]![1]!);
  await expect(sheet.button("Undo")).toHaveAttribute("aria-disabled", "true");

  // Emptying many cells is one act as well, and so is cutting.
  await page.keyboard.press("ControlOrMeta+Space");
  await page.keyboard.press("Delete");
  await expect(await activeCell(page)).toHaveText("");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(await activeCell(page)).toHaveText(rows[1]![1]!);
  await page.keyboard.press("ControlOrMeta+Home");
  await toClipboard(page, "nothing was copied");
  await page.keyboard.press("ControlOrMeta+x");
  expect(await copied()).toBe("Torgersen");
  await expect(sheet.findings).toHaveText(/^1 cell to fix/);
  await expect(sheet.words).toContainText("island needs a value");

  // Rows are added where they do not fit, quotes and line breaks stay within their cell.
  await page.keyboard.press("ControlOrMeta+z");
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.press("Home");
  await toClipboard(page, tsv([rows[1]!, rows[2]!, rows[3]!]));
  await page.keyboard.press("ControlOrMeta+v");
  await hasRows(page, 22);
});

test("what is taken back takes nobody along who has gone on, and shows itself to whoever has stayed", async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  await pasteTable(page, (await penguins()).slice(0, 21));
  await toClipboard(page, tsv([["Biscoe", "40"], ["Dream", "41"]]));
  await page.keyboard.press("ControlOrMeta+v");
  await expect(page.locator(".batch-status")).toContainText("2 rows × 2 columns selected");
  await inOneTask(sheet.grid, [{ key: "z", ctrlKey: true }, { key: "End", ctrlKey: true }, { key: "Home" }]);
  await expect(sheet.button("Undo")).toHaveAttribute("aria-disabled", "true");
  await expect(page.locator(".batch-status")).not.toContainText("selected");
  await expect(sheet.address).toHaveText("A21");

  await page.keyboard.press("ControlOrMeta+y");
  await expect(sheet.address, "what is done again where somebody stays is shown").toHaveText("A2");
  await expect(page.locator(".batch-status")).toContainText("2 rows × 2 columns selected");
});

test("what is pasted far from what was shown goes in before its place has come", async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  const [head, ...rows] = await penguins();
  const many = Array.from({ length: 60 }, () => rows).flat();
  await choose(page, csvFile("many.csv", [head!, ...many]));
  await hasRows(page, many.length);
  await sheet.grid.focus();
  await inOneTask(sheet.grid, [{ key: "End", ctrlKey: true }, { key: "Home" }], tsv([["Biscoe", "40"]]));
  const last = `A${many.length + 1}`;
  await expect(sheet.address).toHaveText(last);
  await expect(await activeCell(page)).toHaveText("Biscoe");
  await hasRows(page, many.length);
  await expect(sheet.button("Undo")).not.toHaveAttribute("aria-disabled", "true");
});

test("only rows to fix are shown, fixed there, and shown among all rows again", async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  await pasteTable(page, changed(await penguins(), { B17: "?", A40: "Atlantis", E200: "12 kg" }));
  const status = page.locator(".batch-status");
  await sheet.button("Show only rows to fix").click();
  await expect(status).toContainText("3 of 344 rows shown");
  await expect(sheet.grid.getByRole("rowheader")).toHaveText(["17", "40", "200"]);
  await passes(page, "batch-filtered");
  await sheet.grid.focus();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.press("F8");
  await expect(sheet.address).toHaveText("B17");
  await page.keyboard.type("40");
  await page.keyboard.press("Enter");
  await expect(sheet.findings).toHaveText(/^1 cell to fix/);
  await sheet.button("Show only rows to fix").click();
  await expect(status).not.toContainText("rows shown");
  await page.keyboard.press("F8");
  await expect(sheet.address).toHaveText("A40");
});

test("a customer's person scores rows at the own endpoint, and finds no other", async ({ page, server, signIn, guard }) => {
  guard.allow(/Failed to load resource: .* 404 /);
  await signIn(page, "customer");
  await page.getByRole("link", { name: "northwind" }).first().waitFor();
  const sheet = await openSheet(page, endpoint(server.demo, "northwind"));
  await pasteTable(page, await penguins());
  await passes(page, "batch-customer");
  await sheet.score.click();
  await expect(sheet.scoring).toContainText("344 scored");
  const csv = await download(page, () => sheet.button("Download CSV").click());
  expect(csv.name).toBe("Penguin species northwind scored.csv");
  await page.goto(`${endpoint(server.demo, "acme").path}/batch`);
  await expect(page.getByRole("heading", { level: 1, name: "Not found" })).toBeVisible();
});
