// Every page of the portal, as the owner of the demo's workspace sees it: it has a heading, axe
// finds nothing in either theme, and it fits a narrow window.

import { expect, passes, test, type Server } from "./fixtures.ts";

function endpoint(server: Server): string {
  const found = server.demo.endpoints.find(({ name }) => name !== "default");
  if (!found) throw new Error("the demo has no endpoint with a name");
  return `/workspaces/${found.workspace_id}/services/${found.service_id}/endpoints/${found.name}`;
}

const service = (server: Server) => endpoint(server).replace(/\/endpoints\/.*/, "");
const workspace = (server: Server) => endpoint(server).replace(/\/services\/.*/, "");

const PAGES: Record<string, (server: Server) => string> = {
  home: () => "/",
  workspaces: () => "/workspaces",
  workspace,
  publish: (server) => `${workspace(server)}/publish`,
  service,
  "service-versions": (server) => `${service(server)}/versions`,
  "service-version": (server) => `${service(server)}/versions/1`,
  endpoint,
  "endpoint-configure": (server) => `${endpoint(server)}/configure`,
  "endpoint-keys": (server) => `${endpoint(server)}/keys`,
  "endpoint-consume": (server) => `${endpoint(server)}/consume`,
  "endpoint-test": (server) => `${endpoint(server)}/test`,
};

for (const [name, path] of Object.entries(PAGES)) {
  test(`the page ${name} is accessible and fits a narrow window`, async ({ page, signIn, server }) => {
    await signIn(page, "owner");
    await page.goto(path(server));
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.locator(".skeleton")).toHaveCount(0);
    await passes(page, name);
  });
}

test("a workspace that does not exist says so", async ({ page, signIn, guard }) => {
  guard.allow(/Failed to load resource: .* 404 /);
  await signIn(page, "owner");
  await page.goto(`/workspaces/${"0".repeat(32)}`);
  await expect(page.getByRole("main")).toContainText(/not found|does not exist|no such|nothing here/i);
  await passes(page, "not-found");
});
