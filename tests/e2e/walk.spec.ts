// From the one-time link to a scored row, as a newcomer does it: once by mouse, once by keyboard
// alone, each within a minute.

import { expect } from "@playwright/test";
import { call, column, onePenguin, penguins } from "./calls.ts";
import { passes } from "./checks.ts";
import { copy, keyboard, mouse } from "./hands.ts";
import { test } from "./own-server.ts";

const WITHIN_MS = 60_000;

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

for (const [by, handsOf] of Object.entries({ mouse, keyboard })) {
  test(`an endpoint is made by ${by}, and its keys score every penguin`, async ({ page, server }) => {
    const hands = handsOf(page);
    const { press, type } = hands;
    const main = page.getByRole("main");
    const heading = (name: string) => main.getByRole("heading", { level: 1, name, exact: true });

    const begun = performance.now();
    await page.goto(server.link);
    await expect(heading("Workspaces")).toBeVisible();
    expect(page.url(), "the link's token is gone from the address").toBe(`${server.url}/`);

    await press(main.getByRole("link", { name: "demo", exact: true }));
    await expect(heading("demo")).toBeFocused();
    await expect(main.getByRole("link", { name: "Web services" })).toHaveAttribute("aria-current", "page");

    await press(main.getByRole("link", { name: "Penguin species", exact: true }));
    await expect(heading("Penguin species")).toBeFocused();
    const names = main.getByRole("table").getByRole("rowheader");
    await expect(names).toHaveText(["default", "acme", "northwind"]);

    await press(main.getByRole("button", { name: "Add endpoint" }));
    const form = page.getByRole("dialog", { name: "Add endpoint to Penguin species" });
    const name = form.getByLabel("Name", { exact: true });
    await expect(name).toBeFocused();
    await type(name, "initech");
    await type(form.getByLabel(/^Description/), "Printed reports, with cover sheets.");
    await expect(form.getByRole("status").filter({ hasText: "Free" })).toBeVisible();
    await expect(form.getByRole("radio", { name: /^High/ })).toBeChecked();
    await expect(form.getByRole("spinbutton", { name: "Calls at once" })).toHaveValue("20");
    const preview = await copy(page, hands, form.getByRole("button", { name: "Copy URL" }));
    await press(form.getByRole("button", { name: "Create endpoint" }));

    const created = page.getByRole("dialog", { name: "Endpoint created" });
    const url = await copy(page, hands, created.getByRole("button", { name: "Copy URL" }));
    const primary = await copy(page, hands, created.getByRole("button", { name: "Copy primary key" }));
    const secondary = await copy(page, hands, created.getByRole("button", { name: "Copy secondary key" }));
    for (const text of [url, primary, secondary]) await expect(created).toContainText(text);
    expect(url, "the URL is the one that the form showed").toBe(preview);
    await press(created.getByRole("button", { name: "Close" }));
    await expect(names).toHaveText(["default", "acme", "initech", "northwind"]);
    const took = performance.now() - begun;
    console.log(`\nan endpoint made by ${by} in ${(took / 1000).toFixed(1)} s`);
    expect(took).toBeLessThan(WITHIN_MS);

    const { table, labels } = await penguins();
    expect(table.rows).toHaveLength(344);
    for (const key of [primary, secondary]) {
      const answer = await call(url, key, table);
      expect(answer.status, answer.text.slice(0, 300)).toBe(200);
      expect(column(answer, "Scored Labels")).toEqual(labels);
    }
    const refused = await call(url, `${primary}x`, await onePenguin());
    expect(refused.status).toBe(401);
    const details = '[{"code":"ScoreRequestUnauthorized","message":"Invalid credentials provided."}]';
    expect(refused.text).toBe(`{"error":{"code":"Unauthorized","message":"Unauthorized","details":${details}}}`);
    await passes(page, `walk-${by}`);
  });
}
