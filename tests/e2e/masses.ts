// The service *Penguin body mass* with more than one version: what tests of versions, own models and
// rollouts start from. Its second version says 1,000 g more of each penguin.

import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OwnServer } from "./own-server.ts";
import { add, get, service, type Made } from "./rest.ts";
import type { Demo } from "./server.ts";

export const SERVICE = "Penguin body mass";
export const RESOURCE = "Body mass model [trained model]";
export const NOTES = "Weighed again, on a scale that works.";

const PACKAGE = fileURLToPath(new URL("../../demo/packages/penguin-body-mass/", import.meta.url));
const MODELS = fileURLToPath(new URL("../fixtures/models/retrained/", import.meta.url));

/** A model that fits the service's slot, and says 1,000 g more. */
export const HEAVIER = join(MODELS, "heavier.onnx");
/** A model that does not fit: it takes 11 features and answers under another name as well. */
export const WIDER = join(MODELS, "wider.onnx");

/** Publishes the next version of the service. With `plain` its model is the first one's again. */
export async function publishNext(server: OwnServer, demo: Demo, plain = false): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "portico-e2e-next-"));
  try {
    await cp(PACKAGE, folder, { recursive: true });
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    manifest.notes = NOTES;
    manifest.inputs[2].max = 65;
    await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
    if (!plain) {
      await copyFile(HEAVIER, join(folder, "model.onnx"));
      const [head, ...rows] = (await readFile(join(folder, "expected.csv"), "utf8")).trim().split(/\r?\n/);
      const heavier = rows.map((row) => String(Number(row) + 1_000));
      await writeFile(join(folder, "expected.csv"), [head, ...heavier].join("\n"));
    }
    await server.publish(folder, service(demo, SERVICE).workspace_id);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Gives an endpoint its own model, as a script does it. */
export async function customise(origin: string, demo: Demo, endpointPath: string, file = HEAVIER): Promise<void> {
  const response = await fetch(`${origin}/api/v1${endpointPath}/models/${encodeURIComponent(RESOURCE)}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${demo.workspace_token}`, "Content-Type": "application/octet-stream" },
    body: await readFile(file),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

/** Makes an endpoint of the service. */
export function addMass(server: OwnServer, demo: Demo, name: string, settings = {}): Promise<Made> {
  return add(server.url, demo, service(demo, SERVICE), name, settings);
}

/** The version that an endpoint serves, and whether its model is its own. */
export async function serves(origin: string, demo: Demo, path: string): Promise<{ version: number; own: boolean }> {
  const { version, models } = await get<{ version: number; models: { own: boolean }[] }>(origin, demo, path);
  return { version, own: models.some((model) => model.own) };
}

/** What an endpoint says of the first penguin: its mass in grams. */
export async function mass(made: Made): Promise<number> {
  const [head, first] = (await readFile(join(PACKAGE, "samples.csv"), "utf8")).split(/\r?\n/);
  const response = await fetch(made.url, {
    method: "POST",
    headers: { Authorization: `Bearer ${made.primary}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      Inputs: { input1: { ColumnNames: head?.split(","), Values: [first?.split(",")] } },
      GlobalParameters: {},
    }),
  });
  const { ColumnNames, Values } = (await response.json()).Results.output1.value;
  return Number(Values[0][ColumnNames.indexOf("Scored Labels")]);
}
