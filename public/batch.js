// Opens spreadsheets: fetches their module and style sheet when the first one is opened, and keeps
// each spreadsheet as it is while the person looks at something else. The portal imports this file
// only then; names of files are made unique to the build by `cargo xtask`.

const STYLE = "/batch.css";
const CODE = "/sheet.js";
const MODULE = "/sheet_bg.wasm";
const WORKER = "/sheet_worker_loader.js";

/** Spreadsheets by the place that they are for: their element, and how far its parts are scrolled. */
const sheets = new Map();

/** Whose spreadsheets they are. */
let owner;
/** The module, on its way or there. */
let loading;
/** A browser may remember that an import failed; another fragment makes it ask again. */
let attempt = "";

/**
 * Shows the spreadsheet of an endpoint inside `host`, in the state it was left in. `who` is the
 * signed-in person: another one's spreadsheets go with the whole page.
 */
export async function open(host, ws, svc, name, who) {
  owner ??= who;
  if (owner !== who) {
    location.reload();
    return new Promise(() => {});
  }
  const code = await (loading ??= load());
  const place = JSON.stringify({ ws, svc, name, worker: WORKER });
  const sheet = sheets.get(place) ?? mount(code, place);
  host.replaceChildren(sheet.root);
  for (const [part, { left, top }] of sheet.scrolled) {
    if (sheet.root.contains(part)) part.scrollTo({ left, top, behavior: "instant" });
    else sheet.scrolled.delete(part);
  }
}

function mount(code, place) {
  const root = document.createElement("div");
  root.className = "sheet";
  const scrolled = new Map();
  // An element that leaves the document forgets how far it was scrolled.
  root.addEventListener(
    "scroll",
    ({ target }) => scrolled.set(target, { left: target.scrollLeft, top: target.scrollTop }),
    { capture: true, passive: true },
  );
  code.mount(root, place);
  const sheet = { root, scrolled };
  sheets.set(place, sheet);
  return sheet;
}

async function load() {
  try {
    const [code, module] = await Promise.all([import(CODE + attempt), fetch(MODULE), style()]);
    await code.default({ module_or_path: module });
    return code;
  } catch (error) {
    loading = undefined;
    attempt += "#";
    console.error("The spreadsheet could not be loaded:", error);
    throw error;
  }
}

function style() {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = STYLE;
    link.onload = resolve;
    link.onerror = () => {
      link.remove();
      reject(new Error(`${STYLE} could not be loaded`));
    };
    document.head.append(link);
  });
}
