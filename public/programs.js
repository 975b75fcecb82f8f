// Opens the programs that a first visit does without: the spreadsheet, and the pages of publishing.
// Fetches a program's module and style sheets when it is first opened. The portal imports this file
// only then; names of files are made unique to the build by `cargo xtask`.

const PROGRAMS = {
  sheet: { styles: ["/batch.css"], code: "/sheet.js", module: "/sheet_bg.wasm", show: keep },
  publishing: {
    styles: ["/publishing.css", "/ledger.css"],
    code: "/publishing.js",
    module: "/publishing_bg.wasm",
    show: put,
  },
};
const WORKER = "/sheet_worker_loader.js";

/** Spreadsheets by the place that they are for: their element, and how far its parts are scrolled. */
const sheets = new Map();

/** Who is signed in. */
let owner;

/**
 * Shows a page of a program inside `host`: `told` says which, as a text of JSON. `who` is the
 * signed-in person: another one's pages go with the whole document. The answer takes the page away.
 */
export async function open(program, host, told, who) {
  owner ??= who;
  if (owner !== who) {
    location.reload();
    return new Promise(() => {});
  }
  const wanted = PROGRAMS[program];
  const code = await (wanted.loading ??= load(wanted));
  return wanted.show(code, host, told);
}

/** A page that is made anew each time it is opened. */
function put(code, host, told) {
  const page = code.mount(host, told);
  return () => page.free();
}

/** A spreadsheet stays as it is while the person looks at something else. */
function keep(code, host, told) {
  const sheet = sheets.get(told) ?? mount(code, told);
  host.replaceChildren(sheet.root);
  for (const [part, { left, top }] of sheet.scrolled) {
    if (sheet.root.contains(part)) part.scrollTo({ left, top, behavior: "instant" });
    else sheet.scrolled.delete(part);
  }
  return () => {};
}

function mount(code, told) {
  const root = document.createElement("div");
  root.className = "sheet";
  const scrolled = new Map();
  // An element that leaves the document forgets how far it was scrolled.
  root.addEventListener(
    "scroll",
    ({ target }) => scrolled.set(target, { left: target.scrollLeft, top: target.scrollTop }),
    { capture: true, passive: true },
  );
  code.mount(root, told, WORKER);
  const sheet = { root, scrolled };
  sheets.set(told, sheet);
  return sheet;
}

async function load(program) {
  // A browser may remember that an import failed; another fragment makes it ask again.
  program.attempt ??= "";
  try {
    const [code, module] = await Promise.all([
      import(program.code + program.attempt),
      fetch(program.module),
      ...program.styles.map(style),
    ]);
    await code.default({ module_or_path: module });
    return code;
  } catch (error) {
    program.loading = undefined;
    program.attempt += "#";
    console.error("A page of Portico could not be loaded:", error);
    throw error;
  }
}

function style(href) {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = resolve;
    link.onerror = () => {
      link.remove();
      reject(new Error(`${href} could not be loaded`));
    };
    document.head.append(link);
  });
}
