// Files that are made to hurt: each is refused with its reason, and the page takes the next table as if
// nothing had been.

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, passes, test } from "./fixtures.ts";
import { endpoint } from "./rest.ts";
import { choose, hasRows, openSheet, penguins, tsv } from "./sheet.ts";

const WITHIN_MS = 10_000;
const MAKE = fileURLToPath(new URL("../fixtures/tables/hostile.py", import.meta.url));

test.describe.configure({ timeout: 240_000 });

let folder: string;
let files: { name: string; word: string }[];

test.beforeAll(async () => {
  test.setTimeout(120_000);
  folder = await mkdtemp(join(tmpdir(), "portico-e2e-hostile-"));
  const { stdout } = await promisify(execFile)("python3", [MAKE, folder]);
  files = JSON.parse(stdout);
});

test.afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("ten hostile files get a plain reason each, and the page lives", async ({ page, server, signIn }) => {
  await signIn(page, "owner");
  const sheet = await openSheet(page, endpoint(server.demo, "acme"));
  expect(files).toHaveLength(10);
  const times: string[] = [];
  for (const { name, word } of files) {
    await test.step(name, async () => {
      const begun = performance.now();
      await choose(page, join(folder, name));
      await expect(sheet.refusal).toContainText(word, { timeout: WITHIN_MS });
      const took = performance.now() - begun;
      expect(took, name).toBeLessThan(WITHIN_MS);
      times.push(`${name} ${Math.round(took)} ms`);
      await expect(sheet.grid, "there is no table").toHaveCount(0);
      await page.getByRole("button", { name: "Close this note" }).click();
      await expect(sheet.refusal).toHaveCount(0);
    });
  }
  console.log(`refused: ${times.join(", ")}`);

  await choose(page, join(folder, "photo.csv"));
  await expect(sheet.refusal).toContainText("picture");
  await passes(page, "batch-refused");

  const rows = await penguins();
  await choose(page, { name: "penguins.tsv", mimeType: "text/tab-separated-values", buffer: Buffer.from(tsv(rows)) });
  await hasRows(page, 344);
  await expect(sheet.findings).toHaveText("Nothing to fix");
});
