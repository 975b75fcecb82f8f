// What a customer sees: the endpoints granted to the organisation, and nothing of anyone else's.

import { expect, passes, test } from "./fixtures.ts";
import { endpoint, service } from "./rest.ts";

test.beforeEach(async ({ page, signIn }) => {
  await signIn(page, "customer");
});

test("My endpoints lists what was granted, and only that", async ({ page }) => {
  await expect(page.getByRole("heading", { level: 1, name: "My endpoints" })).toBeVisible();
  const table = page.getByRole("table", { name: "My endpoints" });
  const rows = table.getByRole("row").filter({ has: page.getByRole("link") });
  await expect(rows.getByRole("rowheader")).toHaveText(["northwind", "northwind"]);
  await expect(rows.filter({ hasText: "Penguin species" })).toHaveCount(1);
  await expect(rows.filter({ hasText: "Penguin body mass" })).toHaveCount(1);
  await passes(page, "my-endpoints");
});

test("another's endpoint is as little there as one that was never made", async ({ page, server, guard }) => {
  guard.allow(/Failed to load resource: .* 404 /);
  const { path } = service(server.demo);
  const random = `${path.replace(/\w+$/, "")}${"5".repeat(32)}`;
  const shown = async (address: string) => {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1, name: "Not found" })).toBeVisible();
    return [await page.getByRole("main").innerText(), await page.title()];
  };
  const never = await shown(`${random}/endpoints/acme`);
  for (const address of [`${path}/endpoints/acme`, `${path}/endpoints/acme/keys`, `${path}/endpoints/neverwas`]) {
    expect(await shown(address)).toEqual(never);
  }
  await passes(page, "customer-not-found");
});

test("the settings can be read, not changed, and the page says why", async ({ page, server }) => {
  await page.goto(endpoint(server.demo, "northwind").path);
  const why = "Only publishers and owners of the workspace can do this";
  await expect(page.getByText(`${why}.`).first()).toBeVisible();
  await expect(page.getByLabel("Description")).toHaveAttribute("readonly", "");
  for (const level of [/^Low/, /^High/]) await expect(page.getByRole("radio", { name: level })).toBeDisabled();
  const save = page.getByRole("button", { name: "Save" });
  await expect(save).toHaveAttribute("aria-disabled", "true");
  await expect(save).toHaveAttribute("title", why);

  const paused = page.getByRole("switch", { name: "Paused" });
  await paused.press("Space");
  await expect(paused).not.toBeChecked();
  await passes(page, "customer-configure");
});

test("the customer's own keys and a try are there", async ({ page, server }) => {
  const { path, primary_key } = endpoint(server.demo, "northwind");
  await page.goto(`${path}/keys`);
  await page.getByRole("button", { name: "Reveal the primary key" }).click();
  await expect(page.getByText(primary_key, { exact: true })).toBeVisible();
  await page.goto(`${path}/test`);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("region", { name: "Answer" })).toContainText("200 Scored");
  await passes(page, "customer-test");
});
