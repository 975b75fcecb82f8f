// The samples of *Consume* as programs, against a server that plays the endpoint: whatever stands in
// names and cells is what arrives, refusals are waited out, errors are told. No page is opened.

import { expect, test } from "@playwright/test";
import { BATCH, filled, playing, present, PROGRAMS, run, type Call, type Played } from "./programs.ts";

const SCORED: Played = { status: 200, body: JSON.stringify({ Results: { output1: [{ "Scored Labels": "Adelie" }] } }) };

const refused = (status: number, headers: Record<string, string> = {}): Played => ({
  status,
  headers,
  body: JSON.stringify({
    error: {
      code: "ServiceUnavailable",
      message: "The request is refused.",
      details: [{ code: "RequestThrottled", message: "The maximum concurrency is 1." }],
    },
  }),
});

const WRONG: Played = {
  status: 400,
  body: JSON.stringify({
    error: {
      code: "BadUserArgument",
      message: "Invalid user argument provided.",
      details: [
        { code: "InputMismatchError", target: "/Inputs/input1/0/a", message: "a is no number" },
        { code: "InputMismatchError", target: "/Inputs/input1/0/b", message: "b is no date" },
      ],
    },
  }),
};

/** Texts that some language might take for something else. */
const HOSTILE = [
  "plain",
  "it's",
  'a "quoted" one',
  "'''",
  '"""',
  "back\\slash \\n \\u0041 \\",
  "line\nbreak\r\nand\ttab",
  "$HOME ${HOME} $(echo hacked) `echo hacked`",
  "#{1 + 1} #$x %s %d %% %TITLE% {0} {{x}} {x}",
  "@ROW@ '@ROW@' \"@URL@\" @TITLE@",
  "\"@PARAMETERS@\",\n",
  "$& $1 $$ $' $`",
  "*/ /* // -- <!-- --> </script> <? ?>",
  "'@\n'@ @' @\" \n\"@",
  "\u0001\u0007\u001b[31m\u007f",
  "\u0085\u2028\u2029\ufeff\u200b",
  "\u202eright to left\u202c",
  "Größe, naïve, 東京, Ελλάδα, العربية, ‘smart’ “quotes” ‚low‛",
  "😀 👩‍👩‍👧 \u{10ffff}",
  "e\u0301",
  " leading and trailing ",
  "!important !! !$ ^ & | > < ; , :",
  "__proto__",
  "constructor",
  "NA",
  "NULL",
  "true",
  "1e5",
  "007",
  "R\"(x)\" r#\"x\"# b'x' u'x' f'{x}'",
  "%COMSPEC% !PATH! ^^",
  "\\",
  "\\\\",
  "\"",
  "'",
  "`",
  "$",
  "~tilde",
];

/** Numbers at the edges of what languages hold, each as JSON has it. */
const NUMBERS = ["0", "-1", "39.1", "0.1", "1e300", "-2.5e-7", "2147483647", "2147483648", "-2147483649", "9007199254740991", "123456789012345678", "-9223372036854775808"];

/** Pseudo-random texts, the same in each run: mostly what is special somewhere, and any character at all. */
function random(count: number): string[] {
  let state = 0x2545f491;
  const next = (below: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const special = [..."\\\"'`$@#%{}()<>&|;!?*~^\n\r\t u0xnN[]/,.:=+-_é—’😀"];
  const any = () => {
    for (;;) {
      const code = 1 + next(0x10ffff);
      if (code < 0xd800 || code > 0xdfff) return String.fromCodePoint(code);
    }
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + next(12) }, () => (next(4) === 0 ? any() : special[next(special.length)])).join(""),
  );
}

function hostile(url: string): Call {
  const texts = [...new Set([...HOSTILE, ...random(200)])];
  // PowerShell's dictionaries take names that differ in case alone for one.
  const names = texts.map((text, index) => `${index} ${text}`);
  const row: [string, string][] = names.map((name, index) => [name, JSON.stringify(texts[texts.length - 1 - index])]);
  for (const text of HOSTILE) row.push([text, '"x"']);
  for (const [index, number] of NUMBERS.entries()) row.push([`number ${index}`, number]);
  row.push(["yes", "true"], ["no", "false"], ["missing", "null"]);
  return { url, title: `*/ ''' """ \\u000a ' 2 \u2028 ${HOSTILE.join(" ")}`, row, parameters: [["a b", "0.5"], ["it's", '"$x"']] };
}

/** A value of JSON as it is compared: numbers by what they are, however they are written. */
function meaning(value: unknown): unknown {
  return typeof value === "string" && NUMBERS.includes(value) ? Number(value) : value;
}

const { here, missing } = await present();
// A skipped test says so as well, but only in the report.
if (missing.length > 0) console.log(`Samples not run, as this machine lacks what they need: ${missing.join(", ")}`);

for (const program of PROGRAMS) {
  test.describe(`the sample in ${program.label}`, () => {
    test.skip(!here.includes(program), `${program.label} cannot be run on this machine`);
    test.describe.configure({ timeout: 240_000 });

    test("sends any names and cells as they are", async () => {
      const server = await playing([SCORED]);
      try {
        const call = hostile(server.url);
        const printed = await run(program, await filled(program, call), "key-1");
        expect(printed, JSON.stringify(printed)).toMatchObject({ status: 0 });
        expect(printed.out).toContain("Adelie");
        const [heard, ...more] = server.heard;
        expect(more).toEqual([]);
        expect(heard?.authorization).toBe("Bearer key-1");
        const body = JSON.parse(heard?.body ?? "");
        const sent = new Map(Object.entries(body.Inputs.input1[0]).map(([name, value]) => [name, meaning(value)]));
        const wanted = new Map(call.row.map(([name, value]) => [name, meaning(JSON.parse(value))]));
        for (const [name, value] of wanted) {
          expect(sent.get(name), `${JSON.stringify(name)} of ${[...sent.keys()].length}`).toEqual(value);
        }
        expect(sent.size).toBe(wanted.size);
        expect(body.GlobalParameters).toEqual({ "a b": 0.5, "it's": "$x" });
        // JavaScript would read both sides of this one with the same loss.
        expect(heard?.body).toMatch(/[ :"]123456789012345678[",\s}]/);
      } finally {
        await server.stop();
      }
    });

    test("a key that was typed stands in it, and no parameters are an object", async () => {
      const server = await playing([SCORED]);
      try {
        const key = "p'$(x)\"\\`${y}";
        const call: Call = { ...ONE, url: server.url, key };
        const printed = await run(program, await filled(program, call), "another");
        expect(printed, JSON.stringify(printed)).toMatchObject({ status: 0 });
        expect(server.heard[0]?.authorization).toBe(`Bearer ${key}`);
        expect(JSON.parse(server.heard[0]?.body ?? "")).toEqual({ Inputs: { input1: [{ a: 1 }] }, GlobalParameters: {} });
      } finally {
        await server.stop();
      }
    });

    test("tells code, message and details of an error, and does not repeat the call", async () => {
      const server = await playing([WRONG]);
      try {
        const printed = await run(program, await filled(program, { ...ONE, url: server.url }), "key");
        expect(printed.status, JSON.stringify(printed)).not.toBe(0);
        expect(server.heard).toHaveLength(1);
        const told = printed.out + printed.err;
        for (const word of ["400", "BadUserArgument", "Invalid user argument provided.", "/Inputs/input1/0/b", "b is no date"]) {
          expect(told).toContain(word);
        }
      } finally {
        await server.stop();
      }
    });
  });
}

const ONE: Omit<Call, "url"> = { title: "One", row: [["a", "1"]], parameters: [] };

// Both mostly wait, so the programs do it at the same time.
test("every sample waits as long as Retry-After says, and scores then", async () => {
  test.setTimeout(240_000);
  const heard = async (program: (typeof PROGRAMS)[number]) => {
    const server = await playing([refused(503, { "Retry-After": "2" }), refused(429, { "Retry-After": "1" }), SCORED]);
    try {
      const printed = await run(program, await filled(program, { ...ONE, url: server.url }), "key");
      expect(printed, `${program.label}: ${JSON.stringify(printed)}`).toMatchObject({ status: 0 });
      expect(printed.out).toContain("Adelie");
      const [first, second, third] = server.heard.map(({ at }) => at);
      expect(server.heard, program.label).toHaveLength(3);
      expect(second! - first!, program.label).toBeGreaterThan(1990);
      expect(third! - second!, program.label).toBeGreaterThan(990);
      expect(third! - first!, program.label).toBeLessThan(9000);
    } finally {
      await server.stop();
    }
  };
  expect(here.length).toBeGreaterThan(0);
  await Promise.all(here.map(heard));
});

test("every sample gives up after six tries without one, later from try to try, and says why", async () => {
  test.setTimeout(240_000);
  const heard = async (program: (typeof PROGRAMS)[number]) => {
    const server = await playing([refused(503)]);
    try {
      const printed = await run(program, await filled(program, { ...ONE, url: server.url }), "key");
      expect(printed.status, `${program.label}: ${JSON.stringify(printed)}`).not.toBe(0);
      expect(server.heard, program.label).toHaveLength(6);
      const waits = server.heard.slice(1).map(({ at }, index) => at - server.heard[index]!.at);
      expect(waits[4]!, program.label).toBeGreaterThan(2 * waits[1]!);
      expect(printed.out + printed.err, program.label).toContain("The maximum concurrency is 1.");
    } finally {
      await server.stop();
    }
  };
  expect(here.length).toBeGreaterThan(0);
  await Promise.all(here.map(heard));
});

test("the batch sample uploads, submits, starts, polls, downloads and deletes", async () => {
  const told = (body: unknown): Played => ({ status: 200, body: JSON.stringify(body) });
  const answers: [Played, ...Played[]] = [
    told({ BaseLocation: "b", RelativeLocation: "r", SasBlobToken: "s", ConnectionString: null }),
    refused(503, { "Retry-After": "1" }),
    told("a1b2"),
    { status: 204, body: "" },
    told({ StatusCode: "Running", Results: null, Details: null }),
    { status: 500, body: "replaced" },
    { status: 200, headers: { "Content-Type": "text/csv" }, body: 'a,Scored Labels\r\n"x ""y""\nz",Adelie\r\n' },
    { status: 204, body: "" },
  ];
  const server = await playing(answers);
  try {
    const place = { BaseLocation: `${new URL(server.url).origin}/blobs/`, RelativeLocation: "out/1.csv", SasBlobToken: "?sig=1" };
    answers[5] = told({ StatusCode: "Finished", Results: { output1: place }, Details: null });
    const cell = 'x "y"\nz';
    const call: Call = { url: server.url, title: "One", row: [["a", JSON.stringify(cell)]], parameters: [["p", "1"]] };
    const printed = await run(BATCH, await filled(BATCH, call), "key");
    expect(printed, JSON.stringify(printed)).toMatchObject({ status: 0 });
    expect(printed.out).toContain("'Scored Labels': 'Adelie'");
    const [upload, first, submitted] = server.heard;
    expect(upload?.body).toBe('a\r\n"x ""y""\nz"\r\n');
    expect(submitted?.body).toBe(first?.body);
    expect(submitted!.at - first!.at).toBeGreaterThan(990);
    expect(JSON.parse(submitted?.body ?? "")).toEqual({ Inputs: { input1: JSON.parse(answers[0].body) }, GlobalParameters: { p: 1 } });
    const base = "/workspaces/w/services/e";
    expect(server.heard.slice(1).map(({ what }) => what)).toEqual([
      `POST ${base}/jobs?api-version=2.0`,
      `POST ${base}/jobs?api-version=2.0`,
      `POST ${base}/jobs/a1b2/start?api-version=2.0`,
      `GET ${base}/jobs/a1b2?api-version=2.0`,
      `GET ${base}/jobs/a1b2?api-version=2.0`,
      "GET /blobs/out/1.csv?sig=1",
      `DELETE ${base}/jobs/a1b2?api-version=2.0`,
      expect.stringMatching(/^DELETE .*\/blobs\/input\/rows-\d+\.csv$/),
    ]);
    expect(server.heard[6]?.authorization, "the link alone opens the result").toBeUndefined();
  } finally {
    await server.stop();
  }
});

test("PowerShell's literals mean what they are made from, whatever encoding the file is read in", async () => {
  const program = PROGRAMS.find(({ slug }) => slug === "powershell")!;
  const call = hostile("http://localhost/execute?api-version=2.0");
  const text = await filled(program, call);
  expect(text).toMatch(/^[\n -~]*$/);
  const rows = text.split("$row = [ordered]@{\n")[1]!.split("\n}\n")[0]!.split("\n");
  expect(rows).toHaveLength(call.row.length);
  const literal = `'(?:[^']|'')*'|"(?:[^"\`$]|\`.|\\$\\(\\[char\\]0x[0-9a-f]{4}\\))*"`;
  const line = new RegExp(`^    (${literal}) = (${literal}|\\$true|\\$false|\\$null|-?[0-9.e+-]+)$`);
  for (const [index, row] of rows.entries()) {
    const [, name, value] = row.match(line) ?? [];
    expect([read(name ?? ""), read(value ?? "")], row).toEqual([call.row[index]![0], JSON.parse(call.row[index]![1])]);
  }
});

/** A literal as about_Quoting_Rules and about_Special_Characters say it is read. */
function read(literal: string): unknown {
  const words: Record<string, unknown> = { $true: true, $false: false, $null: null };
  if (literal.startsWith("'")) return literal.slice(1, -1).replaceAll("''", "'");
  if (!literal.startsWith('"')) return literal in words ? words[literal] : Number(literal);
  return literal.slice(1, -1).replace(/`(.)|\$\(\[char\]0x(.{4})\)/g, (_, escaped?: string, code?: string) => {
    if (escaped !== undefined && !/["`$]/.test(escaped)) throw new Error(`\`${escaped} has a meaning of its own`);
    return escaped ?? String.fromCharCode(Number.parseInt(code!, 16));
  });
}
