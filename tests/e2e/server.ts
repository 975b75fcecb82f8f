// Starts the real server with its demo on a free port, in a folder of its own, and ends it.
// Knows the server's command line and its first two lines of output, nothing of its pages.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type Role = "administrator" | "owner" | "publisher" | "customer";

/** What `--demo` writes down for whoever wants to try it. */
export interface Demo {
  base_url: string;
  accounts: { email: string; password: string; role: Role }[];
  workspace_token: string;
  endpoints: {
    workspace_id: string;
    service_id: string;
    service: string;
    name: string;
    endpoint_id: string;
    url: string;
    primary_key: string;
    secondary_key: string;
  }[];
}

export interface Server {
  /** The origin, without a slash at its end. */
  url: string;
  /** The one-time link that the server printed, if it has. */
  signInLink: string | undefined;
  demo: Demo;
  /** The process id. */
  pid: number;
  /** All that it has printed so far. */
  log(): string;
  stop(): Promise<void>;
}

const STARTS_WITHIN_MS = 120_000;
const STOPS_WITHIN_MS = 35_000;

export async function startServer(): Promise<Server> {
  const binary = process.env["PORTICO_BIN"];
  if (!binary) throw new Error("PORTICO_BIN names no server; run the tests with `cargo xtask test`");

  const folder = await mkdtemp(join(tmpdir(), "portico-e2e-"));
  const data = join(folder, "data");
  const child = spawn(binary, ["serve", "--demo", "--port", "0", "--data", data], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  try {
    const url = await listening(child, lines);
    const demo: Demo = JSON.parse(await readFile(join(data, "demo.json"), "utf8"));
    return {
      url: new URL(demo.base_url || url).origin,
      get signInLink() {
        return lines.join("\n").match(/https?:\/\/\S+#\S+/)?.[0];
      },
      demo,
      pid: child.pid ?? 0,
      log: () => lines.join("\n"),
      stop: () => stop(child, folder),
    };
  } catch (error) {
    await stop(child, folder);
    throw new Error(`${error}\nThe server printed:\n${lines.join("\n")}`);
  }
}

/** Waits for the line that says where the server answers; keeps every line that comes. */
function listening(child: ChildProcess, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`the server said nothing within ${STARTS_WITHIN_MS} ms`)),
      STARTS_WITHIN_MS,
    );
    const settle = (act: () => void) => {
      clearTimeout(late);
      act();
    };
    child.once("error", (error) => settle(() => reject(error)));
    child.once("exit", (code) => settle(() => reject(new Error(`the server ended with ${code}`))));
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        const url = line.match(/listening (http:\/\/\S+)/)?.[1];
        if (url) settle(() => resolve(url));
      });
    }
  });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const patience = setTimeout(() => child.kill("SIGKILL"), STOPS_WITHIN_MS);
    await ended;
    clearTimeout(patience);
  }
  await rm(folder, { recursive: true, force: true });
}
