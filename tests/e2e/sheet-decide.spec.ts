// A column that can be read in two ways is a person's to decide, and what is sent is what was decided.

import { fileURLToPath } from "node:url";
import { expect, type Page } from "@playwright/test";
import { passes } from "./checks.ts";
import { test } from "./own-server.ts";
import { add, get } from "./rest.ts";
import { openSheet, pasteTable, type Rows } from "./sheet.ts";

const TWELVE = fileURLToPath(new URL("../fixtures/models/twelve", import.meta.url));

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

const HEAD = "account,order_id,region,ordered_at,amount,rate,weight_kg,latitude,longitude,quantity,express,note".split(",");

/** Orders whose dates and amounts can be read in two ways. */
const ORDERS: Rows = [
  HEAD,
  ["0000012345", "400000000000000123", "Nord", "03/04/2026", "1,250", "0.25", "1.5", "53.5", "9.9", "3", "true", "=1+1"],
  ["0000000007", "400000000000001999", "Süd", "11/12/2026", "2,500", "0.5", "", "48.1", "11.5", "1", "false", ""],
];

test("dates and numbers that can be read in two ways are decided before they are sent", async ({ page, server }) => {
  const demo = await server.demo();
  const workspace_id = demo.endpoints[0]?.workspace_id ?? "";
  await server.publish(TWELVE, workspace_id);
  const find = async () => {
    const path = `/workspaces/${workspace_id}/services`;
    const { items } = await get<{ items: { id: string; name: string }[] }>(server.url, demo, path);
    return items.find(({ name }) => name === "Twelve")?.id ?? "";
  };
  await expect.poll(find).not.toBe("");
  const orders = await add(server.url, demo, { workspace_id, service_id: await find() }, "orders");
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  const sent = rowsSent(page);

  const sheet = await openSheet(page, orders);
  await pasteTable(page, ORDERS);
  await expect(sheet.button("Columns 2 to decide")).toBeVisible();
  await expect(sheet.score).toHaveAttribute("aria-disabled", "true");
  await sheet.button("Columns 2 to decide").click();
  const how = (name: string) => sheet.columns.getByLabel(`How ${name} is read`);
  for (const name of ["ordered_at", "amount"]) {
    await expect(how(name)).toHaveAttribute("aria-invalid", "true");
    await expect(how(name).locator("option:checked")).toHaveText("choose how it is read");
  }
  await passes(page, "batch-decide");
  await how("ordered_at").selectOption("day first: 3/4/2026 is 3 April");
  await expect(how("ordered_at")).not.toHaveAttribute("aria-invalid", "true");
  await how("amount").selectOption("as written");
  await sheet.columns.getByRole("button", { name: "Done" }).click();
  await expect(sheet.score).toHaveText("Score 2 rows");
  await sheet.score.click();
  await expect(sheet.scoring).toContainText("2 scored");
  const read = sent.flat().map(({ ordered_at, amount, order_id, account }) => [account, order_id, ordered_at, amount]);
  expect(read.map(String)).toEqual([
    "0000012345,400000000000000123,2026-04-03,1250",
    "0000000007,400000000000001999,2026-12-11,2500",
  ]);

  // Decided otherwise, it is sent otherwise.
  sent.length = 0;
  await sheet.button("Columns").click();
  await how("ordered_at").selectOption("month first: 3/4/2026 is 4 March");
  await how("amount").selectOption("decimal comma: 1,5 is 1.5");
  await sheet.columns.getByRole("button", { name: "Done" }).click();
  await sheet.score.click();
  await expect.poll(() => sent.flat().map(({ ordered_at, amount }) => `${ordered_at} ${amount}`)).toEqual([
    "2026-03-04 1.25",
    "2026-11-12 2.5",
  ]);
  await expect(sheet.scoring).toContainText("2 scored");
});

type Sent = Record<string, string>;

/** Rows of each call that scores. */
function rowsSent(page: Page): Sent[][] {
  const sent: Sent[][] = [];
  page.context().on("request", (request) => {
    if (!new URL(request.url()).pathname.endsWith("/score")) return;
    // JavaScript's own numbers do not hold 18 digits.
    const text = (request.postData() ?? "").replace(/:(\d{16,})/g, ':"$1"');
    sent.push(JSON.parse(text).rows as Sent[]);
  });
  return sent;
}
