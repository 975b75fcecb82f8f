// Sets the chosen theme before the first paint, so that no page flashes in the other one.
// Blocking on purpose: it stands before the style sheets. "light" and "dark" are choices of the
// person, kept in this browser; without one the system's preference counts, in CSS alone.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("portico-theme");
  } catch {
    // Storage may be switched off; then the system's preference counts.
  }
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  }
})();
