// Other people's programs: what openpyxl and LibreOffice make of a file, and a workbook that openpyxl
// wrote. `cargo xtask test` installs both and says where they are.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { parseCsv, type Rows } from "./sheet.ts";

const run = promisify(execFile);
const WITHIN_MS = 120_000;

export type Value = string | number | boolean | null;

/** What openpyxl finds in a sheet: values of their own types. */
export interface Found {
  sheets: string[];
  rows: Value[][];
  /** Lists to choose from: the cells that have one, and its source. */
  lists: { cells: string; source: string }[];
}

const READ = `
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
sheet = book.worksheets[0]
lists = [{"cells": str(one.sqref), "source": one.formula1}
         for one in sheet.data_validations.dataValidation if one.type == "list"]
rows = [list(row) for row in sheet.iter_rows(values_only=True)]
print(json.dumps({"sheets": book.sheetnames, "rows": rows, "lists": lists}, default=str))
`;

const WRITE = `
import json, sys, openpyxl
book = openpyxl.Workbook()
book.remove(book.active)
for name, rows in json.load(sys.stdin).items():
    sheet = book.create_sheet(name)
    for row in rows:
        sheet.append(row)
book.save(sys.argv[1])
`;

/** Opens a workbook with openpyxl and reads its first sheet. */
export async function openpyxlReads(path: string): Promise<Found> {
  return inFolder(async (folder) => {
    // openpyxl goes by the name.
    const named = join(folder, "book.xlsx");
    await writeFile(named, await readFile(path));
    return JSON.parse(await python(READ, [named])) as Found;
  });
}

/** A workbook with these sheets, written by openpyxl. */
export async function openpyxlWrites(sheets: Record<string, Value[][]>): Promise<Buffer> {
  return inFolder(async (folder) => {
    const path = join(folder, "book.xlsx");
    await python(WRITE, [path], JSON.stringify(sheets));
    return readFile(path);
  });
}

/** Opens a file with LibreOffice and takes the cells of its first sheet, numbers in full. */
export async function libreOfficeReads(path: string, kind: "csv" | "xlsx"): Promise<Rows> {
  return inFolder(async (folder) => {
    const named = join(folder, `in.${kind}`);
    await writeFile(named, await readFile(path));
    const words = [
      // A profile of its own: another LibreOffice may run.
      `-env:UserInstallation=file://${folder}/profile`,
      "--headless",
      // Comma, double quote, UTF-8.
      ...(kind === "csv" ? ["--infilter=CSV:44,34,76,1"] : []),
      // The same; then: texts unquoted where they need it not, cells as they are and not as shown.
      "--convert-to",
      "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false",
      "--outdir",
      join(folder, "out"),
      named,
    ];
    const { stdout, stderr } = await run(process.env["PORTICO_SOFFICE"] ?? "soffice", words, { timeout: WITHIN_MS });
    const out = join(folder, "out", `${basename(named, `.${kind}`)}.csv`);
    const text = await readFile(out, "utf8").catch(() => {
      throw new Error(`LibreOffice made nothing of it: ${stdout} ${stderr}`);
    });
    return parseCsv(text);
  });
}

/** Runs a script with the folder of openpyxl; what it printed. */
export async function python(script: string, words: string[], input = ""): Promise<string> {
  const folder = process.env["PORTICO_OPENPYXL"];
  const env = folder ? { ...process.env, PYTHONPATH: folder } : process.env;
  const running = run("python3", ["-c", script, ...words], { env, timeout: WITHIN_MS, maxBuffer: 64 << 20 });
  running.child.stdin!.end(input);
  return (await running).stdout;
}

async function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "portico-e2e-office-"));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
