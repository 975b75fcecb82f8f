// A staged rollout: a version is tried on a share of the calls, both sides are seen next to each other,
// and it is promoted or taken back.

import { expect } from "@playwright/test";
import { passes } from "./checks.ts";
import { tabTo } from "./hands.ts";
import { addMass, mass, publishNext, serves } from "./masses.ts";
import { test } from "./own-server.ts";

// Each looks at its pages in two themes and in a narrow window, with axe.

test("a version is tried, seen beside the other one, and promoted", async ({ page, server, guard }) => {
  // Without a rollout the server says that there is none.
  guard.allow(/Failed to load resource: .* 404 .*\/rollout/);
  const demo = await server.demo();
  const made = await addMass(server, demo, "staged");
  await publishNext(server, demo);
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  await page.goto(`${made.path}/models`);
  await page.getByRole("link", { name: "Try a version beside this one" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Staged rollout of staged" })).toBeVisible();
  await expect(page.getByText("Of 100 calls, version 2 answers 10 and version 1 the others.")).toBeVisible();
  await passes(page, "rollout-start");

  const share = page.getByRole("spinbutton", { name: "Share of calls" });
  await share.fill("101");
  await expect(page.getByText("The share is a whole number from 0 to 100.", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: /^Start/ })).toHaveAttribute("aria-disabled", "true");
  await share.fill("0");
  await page.getByRole("switch", { name: "Compare the other calls too" }).uncheck();
  await expect(page.getByText(/nothing would be tried/).first()).toBeVisible();
  await page.getByRole("switch", { name: "Compare the other calls too" }).check();
  await share.fill("50");
  await tabTo(page, page.getByRole("button", { name: "Start", exact: true }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Version 2 is tried beside version 1" })).toBeFocused();

  const masses = new Set<number>();
  for (let calls = 0; calls < 40; calls += 1) masses.add(Math.round(await mass(made)));
  expect([...masses], "both versions answered").toHaveLength(2);
  const figures = page.getByRole("table", { name: "Calls of both versions" });
  await expect(figures.getByRole("row").filter({ hasText: "Calls" })).not.toContainText("–");
  await expect(page.getByText(/Both versions scored \d+ rows; \d+ \(100\.0 %\) with another result\./)).toBeVisible();
  await expect(page.getByRole("img", { name: /^Bars/ })).toBeVisible();
  await page.getByText("The same as a table").click();
  const scores = page.getByRole("table", { name: "Scores of both versions" });
  await expect(scores).toBeVisible();
  await passes(page, "rollout");

  await page.getByRole("button", { name: "Change the share…" }).click();
  const change = page.getByRole("dialog", { name: "Change the share" });
  await change.getByRole("slider", { name: "Share of calls, slider" }).focus();
  await page.keyboard.press("End");
  await expect(change.getByRole("spinbutton")).toHaveValue("100");
  await passes(page, "rollout-change");
  await change.getByRole("button", { name: "Change" }).click();
  await expect(page.getByText("Version 2 answers every call.").first()).toBeVisible();
  const heavier = Math.max(...masses);
  await expect.poll(async () => Math.round(await mass(made))).toBe(heavier);

  await page.getByRole("button", { name: "Promote version 2" }).click();
  const promote = page.getByRole("dialog", { name: "Promote version 2?" });
  await promote.getByRole("button", { name: "Promote", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Serves version 2" })).toBeVisible();
  expect(await serves(server.url, demo, made.path)).toEqual({ version: 2, own: false });
  await expect(page.getByRole("table", { name: "Revisions" })).toContainText("Tried version promoted");
});

test("a rollout is taken back without a trace in what is served", async ({ page, server, guard }) => {
  guard.allow(/Failed to load resource: .* 404 .*\/rollout/);
  const demo = await server.demo();
  const made = await addMass(server, demo, "undone");
  const before = await mass(made);
  await publishNext(server, demo);
  await page.goto(server.link);
  await expect(page.getByRole("heading", { level: 1, name: "Workspaces" })).toBeVisible();
  await page.goto(`${made.path}/rollout`);
  await page.getByRole("spinbutton", { name: "Share of calls" }).fill("100");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Version 2 is tried beside version 1" })).toBeVisible();
  await expect.poll(() => mass(made)).toBeGreaterThan(before + 900);
  await page.getByRole("button", { name: "Go back…" }).click();
  const back = page.getByRole("dialog", { name: "Go back to version 1 alone?" });
  await passes(page, "rollout-back");
  await back.getByRole("button", { name: "Go back", exact: true }).click();
  await expect(page.getByRole("button", { name: "Start", exact: true })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect.poll(() => mass(made)).toBe(before);
  expect(await serves(server.url, demo, made.path)).toEqual({ version: 1, own: false });

  await page.goto(`${made.path.replace(/undone$/, "default")}/rollout`);
  await expect(page.getByText("The default endpoint follows the newest version", { exact: true })).toBeVisible();
});
