// A model that never ends costs the calls that it was given, and nobody else anything.

import { fileURLToPath } from "node:url";
import { expect } from "@playwright/test";
import { call, errorCode, onePenguin } from "./calls.ts";
import { passes } from "./checks.ts";
import { test } from "./own-server.ts";
import { add, get } from "./rest.ts";

const ENDLESS = fileURLToPath(new URL("../fixtures/models/endless", import.meta.url));

test.use({ flags: "--demo --call-timeout 1500" });

test("a model that runs past its deadline twice is quarantined, and its page says so", async ({ page, server }) => {
  const demo = await server.demo();
  const workspace_id = demo.endpoints[0]?.workspace_id ?? "";
  await server.publish(ENDLESS, workspace_id);
  const services = `/workspaces/${workspace_id}/services`;
  const find = async () => {
    const { items } = await get<{ items: { id: string; name: string }[] }>(server.url, demo, services);
    return items.find(({ name }) => name === "Endless")?.id ?? "";
  };
  await expect.poll(find).not.toBe("");
  const loop = await add(server.url, demo, { workspace_id, service_id: await find() }, "loop");
  const endless = { columns: ["x"], rows: [["1"]] };
  const harmless = { columns: ["x"], rows: [["-1"]] };
  const acme = demo.endpoints.find(({ service, name }) => service === "Penguin species" && name === "acme");
  const bystander = async () => (await call(acme?.url ?? "", acme?.primary_key ?? "", await onePenguin())).status;

  expect((await call(loop.url, loop.primary, harmless)).status).toBe(200);
  for (const _ of [1, 2]) {
    const [stuck, other] = await Promise.all([call(loop.url, loop.primary, endless), bystander()]);
    expect([stuck.status, other]).toEqual([408, 200]);
  }
  const refused = await call(loop.url, loop.primary, harmless);
  expect(refused.status).toBe(503);
  expect(errorCode(refused)).toBe("ModelQuarantined");

  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  await page.goto(loop.path);
  const notice = page.getByRole("region", { name: "Quarantine" });
  await expect(notice).toContainText("was quarantined");
  await expect(notice).toContainText("It ran past its deadline 2 times.");
  await expect(page.getByText("Quarantined", { exact: true }).first()).toBeVisible();
  await passes(page, "quarantine");
  expect(await bystander()).toBe(200);

  await notice.getByRole("button", { name: "Let it run again" }).click();
  await expect(notice).toHaveCount(0);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  expect((await call(loop.url, loop.primary, harmless)).status).toBe(200);
  expect(await bystander()).toBe(200);
  expect(server.alive(), `process ${server.pid} is still the server`).toBe(true);
});
