// How long a page is kept from answering: counted in the processor's time, so that other processes do not count, and
// bounded by what the same browser takes for a plain table, so that a slow machine does not.

import { expect, type Page } from "@playwright/test";

/** Tasks on the main threads of the pages, from a trace that holds nothing else. */
export class Tasks {
  private readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async watch(page: Page): Promise<Tasks> {
    await page.context().browser()!.startTracing(page, { categories: ["toplevel"] });
    return new Tasks(page);
  }

  /** What the longest one since then took of a processor's time, in milliseconds. Ends the watch. */
  async longest(): Promise<number> {
    // A task that has not ended is not in the trace.
    await this.page.evaluate(() => new Promise((ended) => requestAnimationFrame(() => setTimeout(ended))));
    const trace = await this.page.context().browser()!.stopTracing();
    const { traceEvents: events } = JSON.parse(trace.toString()) as { traceEvents: Traced[] };
    const thread = ({ pid, tid }: Traced) => `${pid} ${tid}`;
    const main = new Set(events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(thread));
    const took = events
      .filter((event) => event.name === "ThreadControllerImpl::RunTask" && main.has(thread(event)))
      .map(({ tdur }) => tdur ?? 0);
    expect(took.length, "the trace holds tasks").toBeGreaterThan(0);
    return Math.max(...took) / 1000;
  }
}

/** An event of Chromium's trace; `tdur` is the time that the thread ran, in microseconds. */
interface Traced {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
  args: { name?: string };
}

/** Milliseconds of its processor that a plain table of 1,000 × 12 cells takes on a machine that is held to the bounds as they stand. */
const PLAIN = 150;

/** The longest task that is allowed: 50 ms, and more only as this machine is slower with a plain table. */
export async function allowance(page: Page): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const tasks = await Tasks.watch(page);
    await page.evaluate(plainTable);
    taken.push(await tasks.longest());
  }
  console.log(`a plain table takes ${taken.map((time) => `${Math.round(time)} ms`).join(", ")}`);
  const usual = taken.sort((a, b) => a - b)[2] ?? Number.NaN;
  expect(usual, "what the browser takes for a table is in its trace").toBeGreaterThan(1);
  return 50 * Math.max(1, usual / PLAIN);
}

/** Makes a table, lays it out and takes it away. */
function plainTable(): number {
  const table = document.createElement("table");
  for (let row = 0; row < 1000; row += 1) {
    const line = table.insertRow();
    for (let column = 0; column < 12; column += 1) line.insertCell().textContent = `${row * column}`;
  }
  document.body.append(table);
  const { height } = table.getBoundingClientRect();
  table.remove();
  return height;
}
