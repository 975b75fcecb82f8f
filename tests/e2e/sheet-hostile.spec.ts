// Files that are made to hurt: each gets a plain reason soon, and the page goes on as if nothing had been.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, passes, test } from "./fixtures.ts";
import { endpoint } from "./rest.ts";
import { choose, hasRows, openSheet, pasteTable, penguins } from "./sheet.ts";

const WITHIN_MS = 10_000;
const MAKE = fileURLToPath(new URL("../fixtures/tables/hostile.py", import.meta.url));

/** Each file, what is wrong with it, and what the page says of it. */
const HOSTILE: [string, string, RegExp][] = [
  ["far.xlsx", "a far cell", /XFD1048576/],
  ["shared.xlsx", "a shared text of 300 MB", /\bMB\b/],
  ["entities.xlsx", "an entity bomb", /entities/],
  ["quote.csv", "a quote that is never closed", /B3.*quote|quote.*B3/],
  ["commas.csv", "a line of commas", /10,?000/],
  ["wide.csv", "10,000 columns", /8,?192 columns/],
  ["photo.csv", "a picture", /picture/],
  ["secret.xlsx", "an encrypted workbook", /password/],
  ["cut.xlsx", "a truncated workbook", /The end of this workbook is missing/],
  ["nul.csv", "a NUL", /NUL.*B3|B3.*NUL/],
];

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

let folder: string;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "portico-e2e-hostile-"));
  await promisify(execFile)("python3", [MAKE, folder]);
});

test.afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("ten hostile files each get a plain reason, and the page still takes a paste after each", async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  const rows = (await penguins()).slice(0, 13);
  const heading = page.getByRole("heading", { name: "Paste rows, or drop a file" });

  await choose(page, join(folder, "plain.xlsx"));
  await hasRows(page, 1);
  await sheet.button("Close").click();

  for (const [file, what, reason] of HOSTILE) {
    await test.step(what, async () => {
      await expect(heading).toBeVisible();
      const begun = performance.now();
      await choose(page, join(folder, file));
      await expect(sheet.refusal).toContainText(reason, { timeout: WITHIN_MS });
      const took = performance.now() - begun;
      const said = (await sheet.refusal.innerText()).trim();
      console.log(`\n${file}: ${Math.round(took)} ms: ${said}`);
      expect(took).toBeLessThan(WITHIN_MS);
      expect(said, "in plain words").not.toMatch(/panick|unreachable|Error|undefined|\bwasm\b/);
      await expect(heading, "nothing of it is left").toBeVisible();
      await expect(sheet.grid).toHaveCount(0);
      if (file === "far.xlsx") await passes(page, "batch-refused");

      await page.getByRole("button", { name: "Close this note" }).click();
      await pasteTable(page, rows);
      await expect(sheet.score).toHaveText("Score 12 rows");
      await sheet.button("Close").click();
    });
  }
});

/**
 * Keeps what the page asks its worker about the texts of cells, until it is let go. Until something is kept,
 * the page does not hear that a file is refused, nor what comes after that.
 */
function keepCopies(): void {
  const kept: { worker: Worker; go: () => void }[] = [];
  const unheard: (() => void)[] = [];
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (this: Worker, ...words: [{ message?: string }]) {
    const go = () => post.apply(this, words);
    if (!words[0].message?.includes('"copy"')) return go();
    kept.push({ worker: this, go });
    for (const hear of unheard.splice(0)) setTimeout(hear);
  };
  const { set } = Object.getOwnPropertyDescriptor(Worker.prototype, "onmessage")!;
  Object.defineProperty(Worker.prototype, "onmessage", {
    set(this: Worker, listener: ((event: MessageEvent) => void) | null) {
      const patient = (event: MessageEvent<{ message: string }>) => {
        const hear = () => listener?.call(this, event);
        if (unheard.length > 0 || (kept.length === 0 && event.data.message.includes('"refused"'))) unheard.push(hear);
        else hear();
      };
      set!.call(this, listener && patient);
    },
  });
  Object.assign(window, { kept });
}

/** Lets it go, and waits until it is answered. How much it was. */
async function letCopiesGo(): Promise<number> {
  const { kept } = window as unknown as { kept: { worker: Worker; go: () => void }[] };
  for (const { worker, go } of kept) {
    const answered = new Promise((answer) => worker.addEventListener("message", answer, { once: true }));
    go();
    await answered;
  }
  return kept.length;
}

test("what is wrong with a file stands, though its first rows were shown and might have been copied", async ({ page, server, signIn }) => {
  await page.addInitScript(keepCopies);
  await signIn(page, "owner");
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  const file = join(folder, "late.csv");
  // Rows enough for the page to hear of some before the last one is read.
  await writeFile(file, `id,name,note\n${"1,Ann,some text that is long enough\n".repeat(600_000)}2,"Bob`);
  await choose(page, file);
  await expect(sheet.refusal).toContainText("is never closed", { timeout: WITHIN_MS });
  expect(await page.evaluate(letCopiesGo), "asked for before anybody copied").toBeGreaterThan(0);
  await expect(sheet.refusal).toContainText("is never closed");
});
