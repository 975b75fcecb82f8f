// The one Trusted Types policy of the portal. Leptos clones its views from templates that it
// writes as HTML, so HTML as such must pass; HTML that could run something must not. This is a
// tripwire and no sanitiser: no view puts what a person typed into HTML. The one script that may
// become a worker is the spreadsheet's.
(() => {
  if (!window.trustedTypes?.createPolicy) return;
  const runs = /<script|<iframe|<object|<embed|<base|[\s"'/]on[a-z]+\s*=|javascript:|srcdoc/i;
  const { worker } = document.querySelector('meta[name="portal-app"]').dataset;
  window.trustedTypes.createPolicy("default", {
    createHTML: (html) => (runs.test(html) ? null : html),
    createScriptURL: (url) => (url === worker ? url : null),
  });
})();
