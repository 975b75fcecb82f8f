// Where an endpoint speaks the Open Inference Protocol: Consume shows the address, and it answers there.

import { expect, passes, test } from "./fixtures.ts";
import { endpoint } from "./rest.ts";

test("Consume gives the address of the Open Inference Protocol, and it answers there", async ({ page, server, signIn }) => {
  const acme = endpoint(server.demo, "acme");
  await signIn(page, "owner");
  await page.goto(`${acme.path}/consume`);
  const addresses = page.getByRole("region", { name: "Address" });
  await expect(addresses.getByText("Open Inference Protocol", { exact: true })).toBeVisible();
  const url = await addresses.locator("code").last().innerText();
  expect(url).toBe(`${server.url}/workspaces/${acme.workspace_id}/services/${acme.endpoint_id}`);
  const headers = { Authorization: `Bearer ${acme.primary_key}` };
  const model = encodeURIComponent(acme.service);
  const metadata = await fetch(`${url}/v2/models/${model}`, { headers });
  expect(metadata.status).toBe(200);
  expect(await metadata.json()).toMatchObject({ name: acme.service, versions: ["1"] });
  expect((await fetch(`${url}/v2/health/ready`)).status, "health wants the key too").toBe(401);
  await passes(page, "consume-inference");
});
