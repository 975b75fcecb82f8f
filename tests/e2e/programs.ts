// The samples of *Consume* as programs: how each language's sample is saved and run, whether this
// machine has what it takes, and a server that hears what a program sends.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How a language's sample becomes a process. */
interface Program {
  /** As the tab names it. */
  label: string;
  /** As the address of the page names it, and public/samples.js. */
  slug: string;
  /** The template, in public/samples. */
  template: string;
  /** The name that the sample itself asks to be saved under, or any. */
  file: string;
  /** The command; the file is in the folder that it runs in. */
  run: readonly [string, ...string[]];
  /** What tells whether it can be run here: exits with 0. */
  probe: readonly [string, ...string[]];
}

const PYTHON = process.env["PORTICO_PYTHON"] ?? "python3";
const RUST = process.env["PORTICO_SAMPLE_CRATE"];

export const PROGRAMS: readonly Program[] = [
  {
    label: "curl",
    slug: "curl",
    template: "curl.sh",
    file: "score.sh",
    run: ["bash", "score.sh"],
    probe: ["curl", "--version"],
  },
  {
    label: "Python",
    slug: "python",
    template: "python.py",
    file: "score.py",
    run: [PYTHON, "score.py"],
    probe: [PYTHON, "--version"],
  },
  {
    label: "Python, requests",
    slug: "python-requests",
    template: "python-requests.py",
    file: "score.py",
    run: [PYTHON, "score.py"],
    probe: [PYTHON, "-c", "import requests"],
  },
  {
    label: "JavaScript",
    slug: "javascript",
    template: "javascript.mjs",
    file: "score.mjs",
    run: ["node", "score.mjs"],
    probe: ["node", "--version"],
  },
  {
    label: "C#",
    slug: "csharp",
    template: "csharp.cs",
    file: "Program.cs",
    run: ["dotnet", "run"],
    probe: ["dotnet", "--version"],
  },
  {
    label: "R",
    slug: "r",
    template: "r.R",
    file: "score.R",
    run: ["Rscript", "score.R"],
    probe: ["Rscript", "-e", "library(httr2)"],
  },
  {
    label: "Java",
    slug: "java",
    template: "java.java",
    file: "Score.java",
    run: ["java", "Score.java"],
    probe: ["javac", "--version"],
  },
  {
    label: "Go",
    slug: "go",
    template: "go.go",
    file: "score.go",
    run: ["go", "run", "score.go"],
    probe: ["go", "version"],
  },
  {
    label: "PowerShell",
    slug: "powershell",
    template: "powershell.ps1",
    file: "score.ps1",
    run: ["pwsh", "-NoProfile", "-File", "score.ps1"],
    probe: ["pwsh", "-Version"],
  },
  {
    label: "Rust",
    slug: "rust",
    template: "rust.rs",
    file: "src/main.rs",
    run: ["cargo", "run", "--offline", "--quiet"],
    // Its two crates are no part of this project; the variable names a package that has them.
    probe: RUST ? ["cargo", "--version"] : ["false"],
  },
];

/** The sample of a batch job; its tab is there where the endpoint takes jobs. */
export const BATCH: Program = {
  label: "Python, batch",
  slug: "python-batch",
  template: "python-batch.py",
  file: "score.py",
  run: [PYTHON, "score.py"],
  probe: [PYTHON, "--version"],
};

export interface Printed {
  status: number;
  out: string;
  err: string;
}

/** The programs that this machine can run, and the labels of those that it cannot. */
export async function present(): Promise<{ here: Program[]; missing: string[] }> {
  const found = await Promise.all(PROGRAMS.map(async (program) => ({ program, printed: await execute(program.probe) })));
  return {
    here: found.filter(({ printed }) => printed.status === 0).map(({ program }) => program),
    missing: found.filter(({ printed }) => printed.status !== 0).map(({ program }) => program.label),
  };
}

/** Saves a sample as a person would, runs it with the key in the environment, and says what it printed. */
export async function run(program: Program, text: string, key: string): Promise<Printed> {
  const folder = await mkdtemp(join(tmpdir(), "portico-sample-"));
  try {
    if (program.slug === "rust" && RUST) await package_(folder, RUST);
    if (program.slug === "csharp") await writeFile(join(folder, "score.csproj"), PROJECT);
    await writeFile(join(folder, program.file), text);
    return await execute(program.run, { cwd: folder, env: { ...process.env, PORTICO_KEY: key } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What `dotnet new console` writes. */
const PROJECT = `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType>
<TargetFramework>net8.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable>
</PropertyGroup></Project>`;

/** A package with the crates of another one, compiled once for all. */
async function package_(folder: string, from: string): Promise<void> {
  await mkdir(join(folder, "src"));
  for (const file of ["Cargo.toml", "Cargo.lock"]) await writeFile(join(folder, file), await readFile(join(from, file)));
  await mkdir(join(from, "target"), { recursive: true });
  await symlink(join(from, "target"), join(folder, "target"));
}

function execute(command: readonly [string, ...string[]], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const [program, ...words] = command;
  return new Promise<Printed>((resolve) => {
    const limits = { timeout: 120_000, maxBuffer: 16 << 20, env: { ...process.env, CARGO_TARGET_DIR: undefined }, ...options };
    delete limits.env["CARGO_TARGET_DIR"];
    execFile(program, words, limits, (error, out, err) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ status, out, err });
    });
  });
}

export interface Call {
  url: string;
  title: string;
  /** Column and value; the value as a text of JSON. */
  row: [string, string][];
  parameters: [string, string][];
  key?: string;
}

const PUBLIC = new URL("../../public/", import.meta.url);

/** The sample of a language for a call, as public/samples.js fills it in. */
export async function filled(program: Program, call: Call): Promise<string> {
  // A module by its text: to Node a file of this name would be a script.
  const code = await readFile(new URL("samples.js", PUBLIC), "utf8");
  const filler = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    filled(template: string, language: string, call: Call): string;
  };
  const template = await readFile(new URL(`samples/${program.template}`, PUBLIC), "utf8");
  return filler.filled(template, program.slug, call);
}

/** One answer of a server that plays the endpoint. */
export interface Played {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

export interface Heard {
  /** Method and path, with its query. */
  what: string;
  authorization: string | undefined;
  body: string;
  /** Milliseconds since the server was started. */
  at: number;
}

/** A server that gives these answers in turn, the last one for ever, and keeps what it was sent. */
export async function playing(answers: [Played, ...Played[]]) {
  const heard: Heard[] = [];
  const start = performance.now();
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { status, headers, body } = answers[Math.min(heard.length, answers.length - 1)]!;
    heard.push({
      what: `${request.method} ${request.url}`,
      authorization: request.headers.authorization,
      body: Buffer.concat(pieces).toString("utf8"),
      at: performance.now() - start,
    });
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/workspaces/w/services/e/execute?api-version=2.0&details=true`,
    heard,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
