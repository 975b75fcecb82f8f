// The spreadsheet page as a person uses it: rows on the clipboard, keys in the grid, files out of it.
// And rows as text: what is pasted, and what a file says.

import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";
import { onClipboard } from "./hands.ts";

/** Lines of cells; the first one names the columns. */
export type Rows = string[][];

const PENGUINS = new URL("../../demo/packages/penguin-species/", import.meta.url);

/** The demo's penguins. */
export async function penguins(): Promise<Rows> {
  return parseCsv(await readFile(new URL("samples.csv", PENGUINS), "utf8"));
}

/** What the model says of them. */
export async function expected(): Promise<Rows> {
  return parseCsv(await readFile(new URL("expected.csv", PENGUINS), "utf8"));
}

/** Rows with other texts in cells, by addresses such as `B17`. */
export function changed(rows: Rows, texts: Record<string, string>): Rows {
  const copy = rows.map((row) => [...row]);
  for (const [address, text] of Object.entries(texts)) {
    const [, letter, number] = address.match(/^([A-Z])(\d+)$/)!;
    copy[Number(number) - 1]![letter!.charCodeAt(0) - 65] = text;
  }
  return copy;
}

/** Rows as spreadsheets put them on the clipboard. */
export const tsv = (rows: Rows): string => rows.map((row) => `${row.join("\t")}\r\n`).join("");

/** The cells of a CSV file, after RFC 4180. */
export function parseCsv(text: string, delimiter = ","): Rows {
  const rows: Rows = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const body = text.replace(/^\uFEFF/, "");
  for (let at = 0; at < body.length; at += 1) {
    const c = body[at]!;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (body[at + 1] === '"') cell += body[(at += 1)];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === delimiter) {
      row.push(cell);
      cell = "";
    } else if (c === "\n") {
      rows.push([...row, cell.replace(/\r$/, "")]);
      row = [];
      cell = "";
    } else cell += c;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows;
}

/** Parts of the page. */
export function sheetOn(page: Page) {
  const scoring = page.getByRole("region", { name: "Scoring" });
  return {
    grid: page.getByRole("grid", { name: "Rows" }),
    /** The active cell's address, below the grid. */
    address: page.locator(".batch-address"),
    /** Its text, and what there is to say about it. */
    words: page.locator("#sheet-words"),
    /** How much there is to fix. */
    findings: page.locator(".batch-findings .badge").first(),
    list: page.getByRole("region", { name: "Cells to look at" }),
    columns: page.getByRole("dialog", { name: "Columns" }),
    score: scoring.getByRole("button", { name: /^Score/ }),
    scoring,
    refusal: page.getByRole("alert").filter({ hasText: /\S/ }),
    /** A button; one that is blocked has its reason after its name. */
    button: (name: string) => page.getByRole("main").getByRole("button", { name: new RegExp(`^${name}( \\(|$)`) }),
  };
}

/** Opens an endpoint's spreadsheet page. */
export async function openSheet(page: Page, endpoint: { path: string }): Promise<ReturnType<typeof sheetOn>> {
  await page.goto(`${endpoint.path}/batch`);
  await expect(page.getByRole("heading", { name: "Paste rows, or drop a file" })).toBeVisible();
  return sheetOn(page);
}

/** Copies a text, in some other program. */
export async function toClipboard(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  const there = (await onClipboard(page)).replaceAll("\n", "");
  expect(there, "what was copied is on the clipboard").toBe(text.replaceAll(/\r?\n/g, ""));
}

/** Pastes rows as the page's table, with the browser's own clipboard and keys. */
export async function pasteTable(page: Page, rows: Rows): Promise<void> {
  await toClipboard(page, tsv(rows));
  await page.keyboard.press("ControlOrMeta+v");
  await hasRows(page, rows.length - 1);
}

/** Waits until the table has this many rows and all are checked. */
export async function hasRows(page: Page, rows: number): Promise<void> {
  const { grid, findings } = sheetOn(page);
  await expect(grid).toHaveAttribute("aria-rowcount", String(rows + 1));
  await expect(findings).toHaveText(/^(Nothing|\d+ cells?) to fix/);
}

/** Chooses a file, as from the system's dialog. */
export async function choose(page: Page, file: string | { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  await page.getByLabel("File with rows").setInputFiles(file);
}

/** The grid's active cell. */
export async function activeCell(page: Page): Promise<Locator> {
  const id = await sheetOn(page).grid.getAttribute("aria-activedescendant");
  return page.locator(`[id="${id}"]`);
}

/** Presses Tab until the target has the focus; Esc first where the grid has Tab for itself. */
export async function tabOn(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  const { grid } = sheetOn(page);
  const focused = (element: Locator) => element.evaluate((element) => element === document.activeElement);
  for (let tabs = 0; tabs < 80; tabs += 1) {
    if (await focused(target)) return;
    if ((await grid.count()) > 0 && (await focused(grid))) await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab did not lead to ${target}`);
}

/** Goes to a button by Tab and presses it. */
export async function reachAndPress(page: Page, name: string): Promise<void> {
  await tabOn(page, sheetOn(page).button(name));
  await page.keyboard.press("Enter");
}

/** Goes through the whole table by PageDown; addresses of the cells that are marked as wrong. */
export async function markedCells(page: Page): Promise<string[]> {
  const { grid, address } = sheetOn(page);
  const rows = Number(await grid.getAttribute("aria-rowcount")) - 1;
  const marked = new Set<string>();
  const look = () =>
    grid.evaluate((grid) =>
      [...grid.querySelectorAll<HTMLElement>('[aria-invalid="true"]')]
        .filter((cell) => cell.offsetParent !== null)
        .map((cell) => {
          const letter = String.fromCharCode(63 + Number(cell.getAttribute("aria-colindex")));
          return `${letter}${cell.parentElement!.getAttribute("aria-rowindex")}`;
        }),
    );
  await grid.focus();
  await page.keyboard.press("ControlOrMeta+Home");
  await expect(address).toHaveText("A2");
  for (;;) {
    await expect(grid.locator(".loading:visible")).toHaveCount(0);
    for (const cell of await look()) marked.add(cell);
    const before = await address.textContent();
    if (before === `A${rows + 1}`) return [...marked].sort(byRow);
    await page.keyboard.press("PageDown");
    await expect(address).not.toHaveText(before!);
  }
}

function byRow(a: string, b: string): number {
  return Number(a.slice(1)) - Number(b.slice(1)) || a.localeCompare(b);
}

/** Gets a file that an act brings about; where it is saved, and its name. */
export async function download(page: Page, act: () => Promise<void>): Promise<{ path: string; name: string }> {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  return { path: await download.path(), name: download.suggestedFilename() };
}
