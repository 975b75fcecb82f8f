// A hundred thousand rows are scored while calls are refused and broken off on their way: none is lost,
// none is doubled, and each row has the prediction that is its own.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, type Page } from "@playwright/test";
import { FaultyLine } from "./faulty-line.ts";
import { test as base } from "./own-server.ts";

const ROWS = 100_000;
const POISON = 3;
/** Half of what the endpoint takes at once. */
const SHARE = 2;

const MODEL = fileURLToPath(new URL("../fixtures/models/twelve", import.meta.url));
const MAKE = fileURLToPath(new URL("../fixtures/tables/make.py", import.meta.url));

const test = base.extend<{ line: FaultyLine }>({
  line: async ({}, use) => {
    const line = await FaultyLine.open();
    await use(line);
    await line.close();
  },
  // The server takes the line's address for its own: what the page asks goes over the line.
  flags: async ({ line }, use) => use(`--demo --port ${line.beyond} --public-url ${line.url}`),
});

// The browser notes each call that is broken off or refused, as it should.
test.beforeEach(({ guard }) => guard.allow(/^console error: Failed to load resource: .*\/score\)$/));
test.describe.configure({ timeout: 400_000 });

let folder: string;
let file: string;
let poisoned: number[];

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "portico-e2e-faults-"));
  file = join(folder, "orders.csv");
  const words = [MAKE, file, "--rows", `${ROWS}`, "--seed", "11", "--poison", `${POISON}`];
  const { stdout } = await promisify(execFile)("python3", words);
  poisoned = (JSON.parse(stdout) as { poison: { row: number }[] }).poison.map(({ row }) => row).sort((a, b) => a - b);
});

test.afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("100,000 rows are scored though one call in a hundred is refused or broken off", async ({ page, server, line }) => {
  const demo = await server.demo();
  const workspace = demo.endpoints[0]?.workspace_id ?? "";
  const said = await server.publish(MODEL, workspace);
  const service = said.match(/of service (\w+)/)?.[1] ?? "";
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  await limit(page, workspace, service);
  await page.goto(`/workspaces/${workspace}/services/${service}/endpoints/default/batch`);
  await page.locator("input.batch-file").setInputFiles(file);
  const score = page.getByRole("button", { name: /^Score 100,000 rows/ });
  await expect(score).toBeVisible({ timeout: 30_000 });

  line.faulty = true;
  const begun = performance.now();
  await score.click();
  const scoring = page.locator(".batch-score");
  await expect(scoring).toContainText(/under way/);
  await expect(scoring).toContainText(/calls? sent again/);

  await test.step("a reload asks, and the run goes on when it is refused", async () => {
    const asked = page.waitForEvent("dialog");
    const reload = page.reload({ timeout: 5_000 }).catch(() => undefined);
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    await reload;
  });

  const good = (ROWS - POISON).toLocaleString("en-GB");
  await expect(scoring).toContainText(`${good} scored · ${POISON} failed`, { timeout: 300_000 });
  const took = (performance.now() - begun) / 1000;
  const { calls, refused, cut, lost, most } = line.seen;
  console.log(
    `${ROWS} rows in ${took.toFixed(1)} s (${Math.round(ROWS / took)} a second): ${calls} calls, ${refused} refused by the server, ` +
      `${cut} broken off before it and ${lost} after it, at most ${most} at once`,
  );
  expect(most, "as many at once as the endpoint lets a spreadsheet have, and never more").toBe(SHARE);
  expect(cut + lost, "calls were broken off").toBeGreaterThan(0);
  expect(refused, "calls were refused").toBeGreaterThan(0);

  await test.step("each row has its own prediction, in the file's order", async () => {
    const downloaded = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download CSV" }).click();
    const path = await (await downloaded).path();
    const own = records(await readFile(file, "utf8"));
    const handed = records(await readFile(path, "utf8"));
    const [names, heads] = [own[0]!, handed[0]!];
    expect(heads.slice(0, names.length)).toEqual(names);
    expect(handed).toHaveLength(ROWS + 1);
    const at = (name: string) => heads.indexOf(name);
    const [order, amount, rate] = [at("order_id"), at("amount"), at("rate")];
    const [value, mark, status] = [at("Scored Value"), at("Scored Order"), at("Status")];
    const wrong: number[] = [];
    const failed: number[] = [];
    const reasons = new Set<string>();
    for (let row = 1; row <= ROWS; row += 1) {
      const cells = handed[row]!;
      if (own[row]!.some((text, column) => guarded(text) !== cells[column])) wrong.push(row);
      if (cells[status] !== "scored") {
        failed.push(row - 1);
        reasons.add(cells[status]!);
        continue;
      }
      const expected = 2 * Number(cells[amount]) + Number(cells[rate]);
      const right = Math.abs(Number(cells[value]) - expected) <= 1e-9 * Math.abs(expected);
      if (!right || cells[mark] !== cells[order]) wrong.push(row);
    }
    expect(wrong).toEqual([]);
    expect(failed, "the rows that the model fails on, and no others").toEqual(poisoned);
    expect([...reasons]).toEqual(["failed: The model could not score these rows."]);
  });
});

/** Lets the endpoint take four calls at once: two for a spreadsheet. */
async function limit(page: Page, ws: string, svc: string): Promise<void> {
  const path = `/api/v1/workspaces/${ws}/services/${svc}/endpoints/default`;
  const status = await page.evaluate(async (path) => {
    const read = await fetch(path);
    const body = JSON.stringify({ throttle: { level: "low" } });
    const headers = { "Content-Type": "application/json", "If-Match": read.headers.get("etag") ?? "" };
    return (await fetch(path, { method: "PATCH", headers, body })).status;
  }, path);
  expect(status).toBe(200);
}

/** What a text becomes in a CSV that is safe to open in a spreadsheet program. */
function guarded(text: string): string {
  const number = /^[+-]?[\d.,]+(?:[eE][+-]?\d+)?$/.test(text);
  return /^[=+\-@\t\r\0＝＋－＠]/.test(text) && !number ? `'${text}` : text;
}

/** Records of a CSV, cut by the rules of RFC 4180. */
function records(text: string): string[][] {
  const found: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain, end] of text.replace(/^\ufeff/, "").matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|\r|\n|$)/g)) {
    record.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === ",") continue;
    if (record.length > 1 || record[0] !== "") found.push(record);
    record = [];
  }
  return found;
}
