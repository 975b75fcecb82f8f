// The spreadsheet page comes late: nothing of it is fetched before its tab is opened, a failure to
// fetch it can be mended, and it stays as it was left while the person looks at another tab.

import type { Page } from "@playwright/test";
import { expect, passes, test } from "./fixtures.ts";
import { endpoint } from "./rest.ts";

const tab = (page: Page, name: string) =>
  page.getByRole("navigation").getByRole("link", { name, exact: true });
const sheet = (page: Page) => page.locator(".sheet-host > .sheet");
const failure = (page: Page) => page.getByRole("alert").filter({ hasText: "could not be loaded" });
const ITS_FILES = /\/(batch|sheet)[^/]*\.(js|css|wasm)$/;

test.beforeEach(async ({ page, signIn }) => {
  await signIn(page, "owner");
});

test("its files are fetched when the tab is first opened, and once", async ({ page, server }) => {
  const fetched: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (ITS_FILES.test(pathname)) fetched.push(pathname);
  });
  await page.goto(endpoint(server.demo, "acme").path);
  await tab(page, "Test").click();
  await expect(page.getByRole("form", { name: "Row" })).toBeVisible();
  expect(fetched).toEqual([]);

  await tab(page, "Batch").click();
  await expect(sheet(page)).toBeVisible();
  await expect.poll(() => fetched.filter((path) => path.endsWith(".wasm")).length).toBe(2);
  const first = [...fetched];
  expect(new Set(first).size).toBe(first.length);
  for (const path of first) {
    const { headers } = await fetchPlain(page, path);
    expect(headers["cache-control"], path).toContain("immutable");
  }

  await tab(page, "Keys").click();
  await expect(sheet(page)).toHaveCount(0);
  await tab(page, "Batch").click();
  await expect(sheet(page)).toBeVisible();
  expect(fetched.slice(first.length)).toEqual([]);
});

test("it is as it was left after a look at another tab", async ({ page, server }) => {
  await page.goto(`${endpoint(server.demo, "acme").path}/batch`);
  await expect(sheet(page)).toBeVisible();
  await sheet(page).evaluate((sheet) => {
    const part = document.createElement("div");
    part.id = "scrolled";
    part.style.height = part.style.width = "100px";
    part.style.overflow = "auto";
    const tall = document.createElement("div");
    tall.style.height = "5000px";
    part.append(tall);
    sheet.append(part);
    part.scrollTop = 1234;
  });
  const top = () => page.locator("#scrolled").evaluate((part) => part.scrollTop);
  await expect.poll(top).toBe(1234);
  await page.evaluate(() => new Promise((seen) => requestAnimationFrame(() => setTimeout(seen))));
  await tab(page, "Keys").click();
  await expect(sheet(page)).toHaveCount(0);
  await tab(page, "Batch").click();
  await expect.poll(top).toBe(1234);

  // Another endpoint has a spreadsheet of its own.
  await tab(page, "Keys").click();
  await page.getByRole("button", { name: /endpoint/i }).first().click();
  await page.getByRole("menuitem", { name: "default" }).click();
  await tab(page, "Batch").click();
  await expect(sheet(page)).toBeVisible();
  await expect(page.locator("#scrolled")).toHaveCount(0);
});

for (const file of [/\/programs[^/]*\.js$/, /\/batch[^/]*\.css$/, /\/sheet-?[^/_]*\.js$/, /\/sheet_bg[^/]*\.wasm$/]) {
  test(`a failure to fetch ${file.source} is said, and mended by trying again`, async ({ page, server, guard }) => {
    guard.allow(/Failed to load resource|A page of Portico could not be loaded/);
    await page.goto(endpoint(server.demo, "acme").path);
    await page.route(file, (route) => route.abort());
    await tab(page, "Batch").click();
    await expect(failure(page)).toBeVisible();
    await passes(page, "batch-not-loaded");
    await page.unroute(file);
    await failure(page).getByRole("button", { name: "Try again" }).click();
    await expect(sheet(page)).toBeVisible();
    await expect(failure(page)).toHaveCount(0);
  });
}

test("no other script of the server can be made a worker", async ({ page, server, guard }) => {
  guard.allow(/TrustedScriptURL|require-trusted-types-for/);
  await page.goto(endpoint(server.demo, "acme").path);
  await tab(page, "Keys").waitFor();
  const other = await page.evaluate(() => {
    const script = document.querySelector<HTMLScriptElement>("script[src]")!;
    try {
      new Worker(script.src);
      return "made";
    } catch (error) {
      return String(error);
    }
  });
  expect(other).toContain("TrustedScriptURL");
});

async function fetchPlain(page: Page, path: string) {
  const answer = await page.request.get(path);
  expect(answer.status(), path).toBe(200);
  return { headers: answer.headers() };
}
