// @TITLE@
// Node 18 or newer: save as score.mjs, run node score.mjs. Wants the key in PORTICO_KEY. It runs in a
// browser too, on a page of this origin; a key in a public page is a key given away.

const URL = "@URL@";
const KEY = "@KEY@";
const PARAMETERS = {"@PARAMETERS@"};
const ROW = {
  "@ROW@",
};

/** Scores rows (objects by column); answers with one object for each, in the same order. */
async function score(rows, tries = 6) {
  const body = JSON.stringify({ Inputs: { input1: rows }, GlobalParameters: PARAMETERS });
  const headers = { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" };
  for (let attempt = 1; ; attempt += 1) {
    const signal = AbortSignal.timeout(120_000);
    const answer = await fetch(URL, { method: "POST", headers, body, signal });
    if (answer.ok) return (await answer.json()).Results.output1;
    if (![429, 503].includes(answer.status) || attempt === tries) {
      throw new Error(explained(answer.status, await answer.text()));
    }
    // The limit was reached: wait as long as the answer says, and longer from try to try.
    const wait = (0.5 + Math.random() / 2) * 2 ** (attempt - 2);
    const said = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10) || 0;
    await new Promise((resolve) => setTimeout(resolve, Math.max(wait, said) * 1000));
  }
}

/** An error's code, message and details, one a line. */
function explained(status, body) {
  let error;
  try {
    ({ error } = JSON.parse(body));
  } catch {}
  if (!error) return `${status}: ${body}`;
  const lines = [`${status} ${error.code}: ${error.message}`];
  for (const { code, target, message } of error.details ?? []) {
    lines.push(`  ${code}${target ? ` (${target})` : ""}: ${message}`);
  }
  return lines.join("\n");
}

try {
  for (const scored of await score([ROW])) console.log(scored);
} catch (error) {
  console.error(error.message);
  if (globalThis.process) process.exitCode = 1;
}
