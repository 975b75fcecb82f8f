// A server of a test's own, for what the shared one must not be used for: other arguments, an empty
// installation, a one-time link to spend, a model that misbehaves. Import `test` from here then.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { test as base } from "@playwright/test";
import { Guard } from "./guard.ts";
import type { Demo } from "./server.ts";

export interface OwnServer {
  /** The origin, without a slash at its end. */
  url: string;
  /** The one-time link that it printed: for the demo's owner, or to set it up. */
  link: string;
  pid: number;
  /** Whether the process is still the one that was started. */
  alive(): boolean;
  /** What `--demo` wrote down. */
  demo(): Promise<Demo>;
  /** Publishes a package into a workspace, beside the running server; what the command printed. */
  publish(folder: string, workspace: string): Promise<string>;
}

interface Fixtures {
  /** Arguments of `portico serve`, with blanks between. */
  flags: string;
  server: OwnServer;
  guard: Guard;
}

export const test = base.extend<Fixtures>({
  flags: ["--demo", { option: true }],

  server: [
    async ({ flags }, use) => {
      const folder = await mkdtemp(join(tmpdir(), "portico-e2e-own-"));
      const binary = process.env["PORTICO_BIN"] ?? "";
      const data = join(folder, "data");
      const words = flags.split(" ").filter((word) => word !== "");
      const port = words.includes("--port") ? [] : ["--port", "0"];
      const child = spawn(binary, ["serve", ...port, "--data", data, ...words], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, PORTICO_LOG: "error" },
      });
      try {
        const { url, link } = await started(child);
        await use({
          url,
          link,
          pid: child.pid ?? 0,
          alive: () => child.exitCode === null && child.signalCode === null,
          demo: async () => JSON.parse(await readFile(join(data, "demo.json"), "utf8")) as Demo,
          publish: async (source, workspace) => {
            const words = ["import", "--data", data, "--workspace", workspace, source];
            const { stdout } = await promisify(execFile)(binary, words, { timeout: 120_000 });
            return stdout;
          },
        });
      } finally {
        if (child.exitCode === null && child.signalCode === null) {
          const ended = once(child, "exit");
          child.kill("SIGTERM");
          await ended;
        }
        await rm(folder, { recursive: true, force: true });
      }
    },
    { timeout: 180_000 },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  guard: async ({}, use) => {
    const guard = new Guard();
    await use(guard);
    base.expect(guard.unexpected(), "nothing unexpected happened on any page").toEqual([]);
  },

  context: async ({ context, guard, server }, use) => {
    await guard.watch(context, server.url);
    await use(context);
  },
});

/** Where the server answers, and its link, from its first two lines. */
function started(child: ChildProcess): Promise<{ url: string; link: string }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    let url = "";
    createInterface({ input: child.stdout! }).on("line", (line) => {
      url ||= line.match(/^listening (http:\/\/\S+)/)?.[1] ?? "";
      const link = line.match(/^(?:sign in|set up) +(http:\/\/\S+)/)?.[1];
      if (link) resolve({ url, link });
    });
  });
}
