// Fills an endpoint's URL, columns and row into the samples of public/samples. The portal imports
// this file when *Consume* is first opened, and each sample when its language is; names of files are
// made unique to the build by `cargo xtask`.
//
// A template is a program of its language with placeholders: a text literal such as "@URL@" becomes
// an expression of that language, a line that holds nothing else becomes a line for each column.
// What is filled in is never looked at again, so whatever stands in a cell, it stays a cell.

/**
 * One call. Values are texts of JSON, since a number of 18 digits is none that JavaScript could hold.
 * @typedef {{url: string, title: string, row: [string, string][], parameters: [string, string][], key?: string}} Call
 */

/** What a source text had better not hold as it is: control, format and unassigned characters, and separators of lines. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/u;

const hex = (number, digits) => number.toString(16).padStart(digits, "0");

/** `\u00e9`, and beyond 16 bits the long form or two short ones. */
const short = (c) => [...Array(c.length).keys()].map((i) => `\\u${hex(c.charCodeAt(i), 4)}`).join("");
const long = (c) => (c.length === 1 ? short(c) : `\\U${hex(c.codePointAt(0), 8)}`);
const braced = (c) => `\\u{${hex(c.codePointAt(0), 1)}}`;

const LINE_BREAKS = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text literals between double quotes, as C has them. `ascii` where a file may be read in another encoding than UTF-8. */
const c = (escape, ascii = false) => (text) => {
  const one = (c) => {
    if (c === '"' || c === "\\") return `\\${c}`;
    if (LINE_BREAKS[c]) return LINE_BREAKS[c];
    return UNSAFE.test(c) || (ascii && c > "~") ? escape(c) : c;
  };
  return `"${Array.from(text, one).join("")}"`;
};

const json = c(short);

/** One word of a POSIX shell. */
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** Between single quotes where nothing needs an escape; Windows PowerShell 5.1 reads a file in the machine's encoding. */
const powershell = (text) => {
  if (/^[ -~]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  const one = (c) => {
    if (/[ -~]/.test(c)) return /["`$]/.test(c) ? `\`${c}` : c;
    return [...Array(c.length).keys()].map((i) => `$([char]0x${hex(c.charCodeAt(i), 4)})`).join("");
  };
  return `"${Array.from(text, one).join("")}"`;
};

const isWhole = (number) => /^-?\d+$/.test(number);

/** Where every number is a float, a whole one that it can't hold goes as a text, which the wire reads as a number too. */
const float = (string) => (number) =>
  isWhole(number) && !Number.isSafeInteger(Number(number)) ? string(number) : number;

/** R writes 15 digits of a number. */
const brief = (string) => (number) => (number.replace(/e.*|\D/g, "").length > 15 ? string(number) : number);

/** Whole numbers beyond 32 bits say so. */
const sized = (ending) => (number) =>
  isWhole(number) && BigInt.asIntN(32, BigInt(number)) !== BigInt(number) ? number + ending : number;

/**
 * A language: its template and how it writes texts, numbers, the other values, the key from the
 * environment, and a column with its value. What is left out is as in JSON.
 */
const LANGUAGES = {
  curl: {
    file: "/samples/curl.sh",
    string: json,
    env: '"Authorization: Bearer $PORTICO_KEY"',
    fill: (call, pairs) => ({
      URL: shell(listed(call.url)),
      AUTHORIZATION: call.key ? shell(`Authorization: Bearer ${call.key}`) : LANGUAGES.curl.env,
      BODY: shell(
        `{\n  "Inputs": {"input1": [{\n    ${pairs(call.row).join(",\n    ")}\n  }]},\n` +
          `  "GlobalParameters": {${pairs(call.parameters).join(", ")}}\n}`,
      ),
    }),
  },
  python: {
    file: "/samples/python.py",
    string: c(long),
    words: { true: "True", false: "False", null: "None" },
    env: 'os.environ["PORTICO_KEY"]',
  },
  javascript: {
    file: "/samples/javascript.mjs",
    string: c(braced),
    number: float(c(braced)),
    env: "globalThis.process?.env.PORTICO_KEY",
    // In an object literal this one name would set the object's prototype.
    pair: (name, value) => (name === '"__proto__"' ? `[${name}]: ${value}` : `${name}: ${value}`),
  },
  csharp: {
    file: "/samples/csharp.cs",
    string: c(long),
    env: 'Environment.GetEnvironmentVariable("PORTICO_KEY")',
    pair: (name, value) => `[${name}] = ${value}`,
    map: (pairs) => `new Dictionary<string, object?>${pairs.length ? ` { ${pairs.join(", ")} }` : "()"}`,
  },
  java: {
    file: "/samples/java.java",
    string: c(short, true),
    number: sized("L"),
    env: 'System.getenv("PORTICO_KEY")',
    pair: (name, value, map) => `${map}.put(${name}, ${value})`,
    between: ";",
    ascii: true,
  },
  go: {
    file: "/samples/go.go",
    string: c(long),
    words: { null: "nil" },
    env: 'os.Getenv("PORTICO_KEY")',
    // As gofmt has it: on lines of their own, values stand below each other.
    pair: (name, value, map, width) => `${name}:${" ".repeat(map === "row" ? width - name.length : 0)} ${value}`,
  },
  r: {
    file: "/samples/r.R",
    string: c(long, true),
    number: brief(c(long, true)),
    words: { true: "TRUE", false: "FALSE", null: "NA" },
    env: 'Sys.getenv("PORTICO_KEY")',
    pair: (name, value) => `${name} = ${value}`,
    // An empty list would be an array in JSON.
    map: (pairs) => (pairs.length ? `list(${pairs.join(", ")})` : "setNames(list(), character())"),
    ascii: true,
  },
  powershell: {
    file: "/samples/powershell.ps1",
    string: powershell,
    words: { true: "$true", false: "$false", null: "$null" },
    env: "$env:PORTICO_KEY",
    pair: (name, value) => `${name} = ${value}`,
    between: "",
    map: (pairs) => (pairs.length ? `@{ ${pairs.join("; ")} }` : "@{}"),
    ascii: true,
  },
  rust: {
    file: "/samples/rust.rs",
    string: c(braced),
    number: sized("_i64"),
    env: 'std::env::var("PORTICO_KEY")?',
    key: (literal) => `${literal}.to_owned()`,
    pair: (name, value) => `(${name}, json!(${value}))`,
  },
};
LANGUAGES["python-requests"] = { ...LANGUAGES.python, file: "/samples/python-requests.py" };
LANGUAGES["python-batch"] = { ...LANGUAGES.python, file: "/samples/python-batch.py" };

/** The address with records in the answer in place of a table. */
const listed = (url) => `${url}${url.includes("?") ? "&" : "?"}format=swagger`;

/** A title inside a comment: it can neither end the comment nor look like something else. */
const remark = (title, ascii) =>
  title
    .replaceAll("\\", "/")
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(ascii ? /[^ -~]/gu : /$^/u, "?");

/** The sample of a language for a call. */
export function filled(template, language, call) {
  const { string, number = String, words = {}, env, key = String, ascii = false, ...rest } = LANGUAGES[language];
  const { between = ",", pair = (name, value) => `${name}: ${value}`, map = (pairs) => pairs.join(", "), fill } = rest;
  const value = (text) => {
    if (text.startsWith('"')) return string(JSON.parse(text));
    return /^[-\d]/.test(text) ? number(text) : (words[text] ?? text);
  };
  const pairs = (list, map) => {
    const names = list.map(([column]) => string(column));
    const width = Math.max(...names.map((name) => name.length));
    return list.map(([, cell], i) => pair(names[i], value(cell), map, width));
  };
  const rows = { ROW: pairs(call.row, "row"), PARAMETERS: pairs(call.parameters, "parameters") };
  const texts = fill?.(call, pairs) ?? {
    URL: string(listed(call.url)),
    BASE: string(call.url.split("/execute")[0]),
    KEY: call.key ? key(string(call.key)) : env,
    PARAMETERS: map(rows.PARAMETERS),
  };
  const places = /^([ \t]*)(["'])@(ROW|PARAMETERS)@\2([,;]?)\n|(["'])@([A-Z]+)@\5|@TITLE@/gm;
  return template.replace(places, (place, indent, _, lines, end, __, name) => {
    if (lines) return rows[lines].map((line, i, { length }) => indent + line + (i + 1 < length ? between : end) + "\n").join("");
    return name ? texts[name] : remark(call.title, ascii);
  });
}

/** Templates by their file, on their way or there. */
const templates = new Map();

/** Fetches the template of a language and fills it in. `call` is the text of a {@link Call} in JSON. */
export async function sample(language, call) {
  const { file } = LANGUAGES[language];
  if (!templates.has(file)) templates.set(file, fetched(file));
  try {
    return filled(await templates.get(file), language, JSON.parse(call));
  } catch (error) {
    templates.delete(file);
    throw error;
  }
}

async function fetched(file) {
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  return answer.text();
}
