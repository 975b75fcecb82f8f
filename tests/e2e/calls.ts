// What a customer's program does: calls an endpoint by its URL and key, in classic's table form.
// And the penguins, with the labels that scikit-learn gave them.

import { readFile } from "node:fs/promises";

export interface Table {
  columns: string[];
  rows: string[][];
}

export interface Answer {
  status: number;
  text: string;
}

const PENGUINS = new URL("../../demo/packages/penguin-species/", import.meta.url);

/** All 344 penguins, and the species expected of each. */
export async function penguins(): Promise<{ table: Table; labels: string[] }> {
  const lines = async (file: string) => (await readFile(new URL(file, PENGUINS), "utf8")).trim().split(/\r?\n/);
  const [head, ...rows] = (await lines("samples.csv")).map((line) => line.split(","));
  const [, ...expected] = await lines("expected.csv");
  return {
    table: { columns: head ?? [], rows },
    labels: expected.map((line) => line.split(",")[0] ?? ""),
  };
}

/** The first penguin alone. */
export async function onePenguin(): Promise<Table> {
  const { table } = await penguins();
  return { columns: table.columns, rows: table.rows.slice(0, 1) };
}

/** Calls an endpoint. */
export async function call(url: string, key: string, table: Table): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      Inputs: { input1: { ColumnNames: table.columns, Values: table.rows } },
      GlobalParameters: {},
    }),
  });
  return { status: response.status, text: await response.text() };
}

/** A column of an answer, by name, row by row. */
export function column({ text }: Answer, name: string): string[] {
  const { ColumnNames, Values } = JSON.parse(text).Results.output1.value;
  const index = ColumnNames.indexOf(name);
  return Values.map((row: string[]) => row[index]);
}

/** The code inside an error of classic's form. */
export function errorCode({ text }: Answer): string {
  return JSON.parse(text).error.details[0].code;
}
