// The Configure tab: what is saved holds, what is not saved is not lost by accident, and who saved
// first is not overwritten.

import { call, errorCode, onePenguin } from "./calls.ts";
import { expect, passes, test } from "./fixtures.ts";
import { add, get, inSession, service } from "./rest.ts";

test("the throttle is changed to Low, and every page says so", async ({ page, server, signIn }) => {
  const made = await add(server.url, server.demo, service(server.demo), "lowered");
  await signIn(page, "owner");
  await page.goto(made.path);
  await expect(page.getByRole("radio", { name: /^High/ })).toBeChecked();
  await expect(page.getByRole("button", { name: "Save" })).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("radio", { name: /^Low/ }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Saved." })).toBeVisible();

  await page.reload();
  await expect(page.getByRole("radio", { name: "Low 4 calls at once" })).toBeChecked();
  await page.goto(service(server.demo).path);
  const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "lowered" }) });
  await expect(row.getByRole("cell").filter({ hasText: /^4\b/ })).toBeVisible();
  const stored = await get<{ throttle: object }>(server.url, server.demo, made.path);
  expect(stored.throttle).toEqual({ level: "low", max_concurrent_calls: 4, queue_ms: 0, queue_max: 0 });
});

test("calls may wait for a place, within the rules", async ({ page, server, signIn }) => {
  const made = await add(server.url, server.demo, service(server.demo), "queued");
  await signIn(page, "owner");
  await page.goto(made.path);
  await page.getByText("Queue", { exact: true }).click();
  const wait = page.getByLabel("Longest wait in milliseconds, 0 to 2,000");
  const places = page.getByLabel("Calls that may wait, 0 to 1,000");
  await expect(wait).toHaveValue("0");
  await wait.fill("500");
  await expect(page.getByText("Say how many calls may wait, 1 to 1,000, or set the time to 0.")).toBeVisible();
  await places.fill("25");
  await passes(page, "configure-queue");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Saved." })).toBeVisible();
  const stored = await get<{ throttle: object }>(server.url, server.demo, made.path);
  expect(stored.throttle).toEqual({ level: "high", max_concurrent_calls: 20, queue_ms: 500, queue_max: 25 });

  await wait.fill("2001");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("A call waits for 0 to 2,000 milliseconds.")).toBeVisible();
  await page.getByRole("button", { name: "Discard changes" }).click();
  await expect(wait).toHaveValue("500");
});

test("a paused endpoint refuses calls and says why, until it is resumed", async ({ page, server, signIn }) => {
  const made = await add(server.url, server.demo, service(server.demo), "resting");
  const row = await onePenguin();
  await signIn(page, "owner");
  await page.goto(made.path);
  const paused = page.getByRole("switch", { name: "Paused" });
  await paused.click();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Paused", { exact: true }), "the badge and the switch").toHaveCount(2);
  await expect(page.getByRole("button", { name: "Save" })).toHaveAttribute("aria-disabled", "true");
  const refused = await call(made.url, made.primary, row);
  expect(refused.status).toBe(503);
  expect(errorCode(refused)).toBe("EndpointPaused");
  await passes(page, "configure-paused");

  await paused.click();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  expect((await call(made.url, made.primary, row)).status).toBe(200);
});

test("what is not saved is asked about before the page is left", async ({ page, server, signIn }) => {
  const made = await add(server.url, server.demo, service(server.demo), "unsaved");
  await signIn(page, "owner");
  await page.goto(made.path);
  await page.getByLabel("Description").fill("Half a thought");
  await expect(page.getByText("Not saved yet")).toBeVisible();

  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await page.getByRole("link", { name: "Keys" }).click();
  await expect(question).toBeVisible();
  await passes(page, "configure-leave");
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByLabel("Description")).toHaveValue("Half a thought");

  const asked = page.waitForEvent("dialog");
  const reload = page.reload();
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.accept();
  await reload;
  await expect(page.getByLabel("Description")).toHaveValue("");

  await page.getByLabel("Description").fill("Another half");
  await page.getByRole("link", { name: "Keys" }).click();
  await question.getByRole("button", { name: "Leave" }).click();
  await expect(page.getByRole("region", { name: "Primary key" })).toBeVisible();
  expect((await get<{ description: string }>(server.url, server.demo, made.path)).description).toBe("");
});

test("who saves second sees both values and picks", async ({ page, server, signIn, guard }) => {
  guard.allow(/Failed to load resource: .* 412 /);
  const made = await add(server.url, server.demo, service(server.demo), "shared");
  await signIn(page, "owner");
  await page.goto(made.path);
  await page.getByLabel("Description").fill("Mine");

  const read = await inSession(page, "GET", made.path);
  const theirs = { description: "Theirs", tags: ["pilot"] };
  const first = await inSession(page, "PATCH", made.path, theirs, { "If-Match": read.etag ?? "" });
  expect(first.status).toBe(200);
  await page.getByRole("button", { name: "Save" }).click();
  const conflict = page.getByRole("dialog", { name: "Changed by someone else meanwhile" });
  const description = conflict.getByRole("group", { name: "Description" });
  await expect(description.getByRole("radio", { name: "Yours Mine" })).toBeChecked();
  await expect(description.getByRole("radio", { name: "Theirs Theirs" })).not.toBeChecked();
  await expect(conflict).toContainText("Only they changed: Tags.");
  await passes(page, "configure-conflict");

  await conflict.getByRole("button", { name: "Save these" }).click();
  await expect(conflict).toBeHidden();
  await expect(page.getByRole("status").filter({ hasText: "Saved." })).toBeVisible();
  await expect(page.getByLabel("Tags")).toHaveValue("pilot");
  expect(await get(server.url, server.demo, made.path)).toMatchObject({ description: "Mine", tags: ["pilot"] });
});
