// Starts the portal: reads which files the build made, starts the WebAssembly module, takes the
// first-paint shell away. When the module cannot start, or stops, it shows the plain element of
// index.html that needs no Rust.

let stopped = false;

/** Shows that the portal stopped. The portal's panic hook calls it with the panic's text. */
function stop(reason) {
  if (stopped) return;
  stopped = true;
  console.error("Portico stopped:", reason);
  for (const element of document.body.children) {
    if (element.id !== "stopped") element.hidden = true;
  }
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  const note = document.getElementById("stopped");
  document.body.append(note);
  note.hidden = false;
  document.getElementById("stopped-reload").focus();
}

window.portico_panic = stop;

document.getElementById("stopped-reload").addEventListener("click", () => location.reload());

// A panic that never reached the hook (a stack overflow, for one) still surfaces as this error.
window.addEventListener("error", (event) => {
  if (event.error instanceof WebAssembly.RuntimeError) stop(event.error.message);
});
window.addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof WebAssembly.RuntimeError) stop(event.reason.message);
});

const { js, wasm, programs, samples } = document.querySelector('meta[name="portal-app"]').dataset;

/** A function of a script that is imported when it is first called. */
function later(file, name) {
  // A browser may remember that an import failed; another fragment makes it ask again.
  let attempt = "";
  return async (...what) => {
    const script = await import(file + attempt).catch((error) => {
      attempt += "#";
      throw error;
    });
    return script[name](...what);
  };
}

/** Shows a page of another program inside an element; programs.js says more. */
window.portico_program = later(programs, "open");
/** The text of a sample; samples.js says more. The portal's *Consume* tab calls it. */
window.portico_sample = later(samples, "sample");

try {
  const portal = await import(js);
  await portal.default({ module_or_path: wasm });
  document.getElementById("boot")?.remove();
} catch (error) {
  stop(error);
}
