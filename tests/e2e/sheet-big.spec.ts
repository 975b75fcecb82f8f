// A file of a million rows in the spreadsheet page: the first rows at once, every cell checked, a page
// that never stalls, memory that stays within bounds and comes back, and a way out at any moment.

import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, type Page } from "@playwright/test";
import { test, type OwnServer } from "./own-server.ts";
import { allowance, Tasks } from "./tasks.ts";

const ROWS = 1_000_000;
const BAD = 40;
/** The row that is gone to, as it is numbered on the left. */
const WANTED = 777_777;
const MIB = 1024 * 1024;

const MODEL = fileURLToPath(new URL("../fixtures/models/twelve", import.meta.url));
const MAKE = fileURLToPath(new URL("../fixtures/tables/make.py", import.meta.url));

interface Planted {
  address: string;
  row: number;
  column: number;
  text: string;
}

// What is measured is the page; Playwright's trace would take pictures of it meanwhile.
test.use({ trace: "off", screenshot: "off", viewport: { width: 1920, height: 1080 } });
test.describe.configure({ timeout: 300_000 });

let folder: string;
let file: string;
let bytes: number;
let planted: Planted[];

test.beforeAll(async () => {
  test.setTimeout(300_000);
  folder = await mkdtemp(join(tmpdir(), "portico-e2e-big-"));
  file = join(folder, "orders.csv");
  const words = [MAKE, file, "--rows", `${ROWS}`, "--seed", "7", "--bad", `${BAD}`];
  const { stdout } = await promisify(execFile)("python3", words);
  planted = (JSON.parse(stdout) as { bad: Planted[] }).bad;
  bytes = (await stat(file)).size;
});

test.afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("a million rows are read, checked and shown, and the page stays free", async ({ page, server }) => {
  await openSheet(page, server);
  const allowed = await allowance(page);
  const before = await memory(page);
  let tasks = await Tasks.watch(page);
  await choose(page);
  await expect(page.locator(".batch-name")).toHaveText("orders.csv");
  await expect.poll(() => checked(page), { timeout: 120_000 }).toBe(true);
  const state = await lastState(page);
  const { first, done, frame } = await watched(page);
  const longest = await tasks.longest();
  const grown = sum(growth(before, await memory(page, "most")));
  console.log(
    `117 MB opened: first rows ${ms(first)}, all checked ${ms(done)}, longest task ${ms(longest)} of ${ms(allowed)}, ` +
      `longest time between frames ${ms(frame)}, memory +${mib(grown)} MiB = ${(grown / bytes).toFixed(2)} × the file`,
  );
  expect(bytes).toBeGreaterThan(117e6);
  expect(state).toMatchObject({ reading: null, rows: ROWS, checked: ROWS, errors: BAD, bad_rows: BAD, shown: ROWS });
  // One figure that is missed must not hide the others.
  expect.soft(first, "first rows within a second").toBeLessThan(20 * allowed);
  expect.soft(longest, "no task over 50 ms").toBeLessThanOrEqual(allowed);
  expect.soft(grown, "three times the file at most").toBeLessThanOrEqual(3 * bytes);
  await expect(page.locator(".batch-findings .badge")).toHaveText(`${BAD} cells to fix`);
  await expect(page.locator(".batch-source")).toContainText("1,000,000 rows × 12 columns");

  await page.evaluate(() => Object.assign(window.portico, { frame: 0 }));
  tasks = await Tasks.watch(page);
  await test.step("exactly the planted cells are listed, and F8 goes from one to the next", async () => {
    await page.getByRole("button", { name: "List", exact: true }).click();
    await expect(page.locator(".batch-entry-at")).toHaveText(planted.map(({ address }) => address));
    await page.getByRole("button", { name: "List", exact: true }).click();
    await grid(page).focus();
    for (const { address, text } of [...planted, planted[0]!]) {
      await page.keyboard.press("F8");
      await expect(page.locator(".batch-address")).toHaveText(address);
      await expect(page.locator(".batch-text")).toHaveText(text);
      await expect(page.locator(".sheet-cell[aria-invalid=true]")).not.toHaveCount(0);
    }
  });

  await test.step("any row is reached, and shows what the file has there", async () => {
    const lines = await records(new Set([1, WANTED - 1, ROWS]));
    await page.keyboard.press("ControlOrMeta+g");
    await page.getByLabel("Row", { exact: true }).fill(`${WANTED}`);
    await page.keyboard.press("Enter");
    await expect.poll(() => shown(page, WANTED)).toEqual(lines.get(WANTED - 1));
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.press("Home");
    await expect.poll(() => shown(page, ROWS + 1)).toEqual(lines.get(ROWS));
    await page.keyboard.press("ControlOrMeta+Home");
    await expect.poll(() => shown(page, 2)).toEqual(lines.get(1));
  });

  await test.step("what is too much for the clipboard is not copied, and the page says so", async () => {
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("ControlOrMeta+x");
    await expect(page.getByRole("alert").filter({ hasText: "At most 2,000,000 cells can be copied at once." })).toBeVisible();
    // Nor is it emptied: the worker answers in order.
    await page.keyboard.press("F8");
    await expect(page.locator(".batch-address")).toHaveText(planted[0]!.address);
    await expect(page.getByRole("button", { name: /^Undo/ })).toHaveAttribute("aria-disabled", "true");
  });

  const after = await watched(page);
  const looking = await tasks.longest();
  console.log(`looking around: longest task ${ms(looking)}, longest time between frames ${ms(after.frame)}`);
  expect.soft(looking, "no task over 50 ms").toBeLessThanOrEqual(allowed);

  await test.step("once it is closed, its memory is free again", async () => {
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Paste rows, or drop a file" })).toBeVisible();
    await memoryReturns(page, before);
  });
});

test("reading is called off at once, and the page is free for the next file", async ({ page, server }) => {
  await openSheet(page, server);
  const allowed = await allowance(page);
  const before = await memory(page);
  const tasks = await Tasks.watch(page);
  const worker = page.workers()[0];
  if (!worker) throw new Error("the page has no worker");
  const gone = worker.waitForEvent("close");
  await choose(page);
  // A good part of it is read.
  await expect.poll(async () => (await lastState(page))?.rows ?? 0, { intervals: [20] }).toBeGreaterThan(ROWS / 5);
  const box = await page.locator(".batch-reading").getByRole("button", { name: "Cancel" }).boundingBox();
  if (!box) throw new Error("there is nothing to cancel any more");
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await gone;
  await expect(page.getByRole("heading", { name: "Paste rows, or drop a file" })).toBeVisible();
  const { cancelled } = await watched(page);
  const longest = await tasks.longest();
  console.log(`called off: ${ms(cancelled)} from the click to the empty page, longest task ${ms(longest)} of ${ms(allowed)}`);
  expect.soft(cancelled, "free again within 100 ms").toBeLessThanOrEqual(2 * allowed);
  expect.soft(longest, "no task over 50 ms").toBeLessThanOrEqual(allowed);
  await expect(page.locator(".batch-name")).toHaveCount(0);
  await memoryReturns(page, before);

  // The page takes the next table as if nothing had been.
  await page.getByRole("button", { name: "Use sample rows" }).click();
  await expect(page.locator(".batch-source")).toContainText("5 rows × 12 columns");
  await expect(page.locator(".batch-findings .badge")).toHaveText("Nothing to fix");
});

const grid = (page: Page) => page.getByRole("grid", { name: "Rows" });
const ms = (time: number) => `${Math.round(time)} ms`;
const mib = (size: number) => Math.round(size / MIB);

/** Publishes the model, signs in and opens its empty spreadsheet, with a watch on the page. */
async function openSheet(page: Page, server: OwnServer): Promise<void> {
  const demo = await server.demo();
  const workspace = demo.endpoints[0]?.workspace_id ?? "";
  const said = await server.publish(MODEL, workspace);
  const service = said.match(/of service (\w+)/)?.[1];
  if (!service) throw new Error(`nothing was published: ${said}`);
  await page.addInitScript(watch);
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  await page.goto(`/workspaces/${workspace}/services/${service}/endpoints/default/batch`);
  await expect(page.getByRole("heading", { name: "Paste rows, or drop a file" })).toBeVisible();
  // The worker listens, so that its start is not part of what is measured, nor a part of its memory.
  await expect.poll(() => lastState(page)).toBeTruthy();
  await quiet();
}

/** Waits until the server and the browser have started and rest, so that they are not what is measured. */
async function quiet(): Promise<void> {
  const busy = async () => {
    const before = await ticks();
    await sleep(500);
    const after = await ticks();
    return 1 - (after.idle - before.idle) / (after.all - before.all);
  };
  for (let tries = 0; tries < 60 && (await busy()) > 0.1; tries += 1);
}

/** What the processors did since the machine began, in ticks. */
async function ticks(): Promise<{ idle: number; all: number }> {
  const line = (await readFile("/proc/stat", "utf8")).split("\n")[0] ?? "";
  const counts = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { idle: (counts[3] ?? 0) + (counts[4] ?? 0), all: counts.reduce((sum, count) => sum + count, 0) };
}

/** Chooses the file as a person does; the browser reads it from the disk. */
async function choose(page: Page): Promise<void> {
  await page.evaluate(() => window.portico.begin());
  await page.locator("input.batch-file").setInputFiles(file);
}

/** What the page's watch knows. */
interface Watch {
  /** When the file was chosen, and what came of it, on the page's clock. */
  chosen: number;
  first: number;
  done: number;
  clicked: number;
  empty: number;
  /** The longest time between two frames. */
  frame: number;
  /** What the worker said last of how things stand. */
  state: string;
  begin(): void;
}

declare global {
  interface Window {
    portico: Watch;
  }
}

/** Runs in the page before everything else: notes times, at the frame in which something is seen. */
function watch(): void {
  const watch: Watch = {
    chosen: 0,
    first: 0,
    done: 0,
    clicked: 0,
    empty: 0,
    frame: 0,
    state: "",
    begin: () => {
      Object.assign(watch, { chosen: 0, first: 0, done: 0, clicked: 0, empty: 0, frame: 0 });
    },
  };
  window.portico = watch;
  addEventListener(
    "change",
    (event) => {
      if ((event.target as Element).matches("input.batch-file")) watch.chosen = event.timeStamp;
    },
    { capture: true },
  );
  addEventListener("click", (event) => (watch.clicked = event.timeStamp), { capture: true });
  const cell = () => document.querySelector(".sheet-cell:not(.loading)")?.textContent;
  let before = performance.now();
  const frame = () => {
    const now = performance.now();
    watch.frame = Math.max(watch.frame, now - before);
    before = now;
    // What this frame finds was painted by the one before.
    if (watch.chosen > 0 && watch.first === 0 && cell()) watch.first = now;
    if (watch.first > 0 && watch.done === 0 && watch.state.includes('"reading":null')) watch.done = now;
    if (watch.clicked > 0 && watch.empty === 0 && document.querySelector(".batch-drop:not([aria-busy])")) {
      watch.empty = now;
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  window.Worker = class extends Worker {
    constructor(...words: ConstructorParameters<typeof Worker>) {
      super(...words);
      this.addEventListener("message", ({ data }) => {
        if (String(data.message).startsWith('{"say":"state"')) watch.state = data.message;
      });
    }
  };
}

/** How long things took since the file was chosen, in milliseconds. */
async function watched(page: Page) {
  const { chosen, first, done, clicked, empty, frame } = await page.evaluate(() => {
    const { state, begin, ...times } = window.portico;
    return times;
  });
  return { first: first - chosen, done: done - chosen, cancelled: empty - clicked, frame };
}

function checked(page: Page): Promise<boolean> {
  return page.evaluate(() => window.portico.done > 0);
}

/** How things stood last, as the worker said. */
async function lastState(page: Page) {
  const text = await page.evaluate(() => window.portico.state);
  return text === "" ? undefined : JSON.parse(text);
}

/** Resident memory by process of those that show pages, in bytes: what each holds now, or the most it held. */
async function memory(page: Page, which: "now" | "most" = "now"): Promise<Map<number, number>> {
  const session = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const line = which === "now" ? /^VmRSS:\s+(\d+) kB/m : /^VmHWM:\s+(\d+) kB/m;
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  const sizes = renderers.map(async ({ id }): Promise<[number, number]> => {
    const status = await readFile(`/proc/${id}/status`, "utf8");
    return [id, 1024 * Number(status.match(line)?.[1] ?? Number.NaN)];
  });
  return new Map(await Promise.all(sizes));
}

/** How much more a process holds than before; a new one had nothing. */
function growth(before: Map<number, number>, after: Map<number, number>): Map<number, number> {
  return new Map([...after].map(([id, size]) => [id, Math.max(0, size - (before.get(id) ?? 0))]));
}

const sum = (sizes: Map<number, number>) => [...sizes.values()].reduce((sum, size) => sum + size, 0);

/** Waits until the page's own process, which grew the most, holds about what it held before. */
async function memoryReturns(page: Page, before: Map<number, number>): Promise<void> {
  const peak = await memory(page, "most");
  const [own] = [...growth(before, peak)].reduce((a, b) => (b[1] > a[1] ? b : a));
  const began = before.get(own) ?? 0;
  const now = async () => (await memory(page)).get(own) ?? Number.NaN;
  await expect.poll(now, { timeout: 30_000 }).toBeLessThan(1.2 * began + 32 * MIB);
  const figures = [began, peak.get(own) ?? 0, await now()].map(mib);
  console.log(`its process held ${figures[0]} MiB before, ${figures[1]} MiB at most and ${figures[2]} MiB after it was closed`);
}

/** The texts that the grid shows in the row of this number, in the file's own columns. */
function shown(page: Page, row: number): Promise<string[] | undefined> {
  return page.evaluate((row) => {
    const lines = [...document.querySelectorAll<HTMLElement>(".sheet-line")];
    const line = lines.find((line) => line.querySelector(".sheet-number")?.textContent === row);
    const cells = [...(line?.querySelectorAll<HTMLElement>(".sheet-cell") ?? [])];
    const place = (cell: Element) => Number(cell.getAttribute("aria-colindex"));
    return cells
      .filter((cell) => !cell.hidden && cell.getClientRects().length > 0 && !cell.classList.contains("out"))
      .sort((a, b) => place(a) - place(b))
      .map((cell) => cell.textContent ?? "");
  }, `${row}`);
}

/** Records of the file by their number, cut by the few rules that a CSV of ours has. */
async function records(wanted: ReadonlySet<number>): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  let number = 0;
  let record = "";
  let quoted = false;
  for await (const piece of createReadStream(file, { encoding: "utf8" })) {
    const lines = String(piece).split("\n");
    for (const [index, line] of lines.entries()) {
      if (index > 0 && quoted) record += "\n";
      else if (index > 0) {
        if (wanted.has(number)) found.set(number, cells(record));
        number += 1;
        record = "";
      }
      record += line;
      if ((line.split('"').length - 1) % 2 === 1) quoted = !quoted;
    }
  }
  return found;
}

function cells(record: string): string[] {
  const found = record.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...found].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}
