// An endpoint's help pages: read without signing in, below its help location. Plain pages of the
// server's, beside the portal.

import { expect, passes, test } from "./fixtures.ts";

for (const [kind, title] of [
  ["score", "Request Response API Documentation for Penguin species"],
  ["jobs", "Batch Execution API Documentation for Penguin species"],
  ["update", "Update Resource API Documentation for Penguin species"],
] as const) {
  test(`the help page ${kind} is accessible and fits a narrow window`, async ({ page, server }) => {
    const found = server.demo.endpoints.find(({ name }) => name === "northwind");
    if (!found) throw new Error("the demo has no endpoint northwind");
    const { workspace_id, service_id, endpoint_id } = found;
    const location = `/workspaces/${workspace_id}/webservices/${service_id}/endpoints/${endpoint_id}`;
    await page.goto(`${location}/${kind}`);
    await expect(page).toHaveTitle(title);
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
    // Its style sheet has come: it would be a page of black on white without.
    await expect(page.locator("body")).toHaveCSS("max-width", "832px");
    await expect(page.locator("nav [aria-current]")).toHaveAttribute("href", kind);
    await passes(page, `help-${kind}`);
    await page.getByRole("link", { name: "Request-response", exact: true }).click();
    await expect(page).toHaveURL(`${location}/score`);
  });
}
