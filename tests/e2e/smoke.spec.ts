// The portal starts, under the server's own policy, and its first page is sound.

import { expect, passes, test } from "./fixtures.ts";

test("the sign-in page loads, is accessible, and nothing is refused", async ({ page }) => {
  const answer = await page.goto("/signin");
  const policy = answer?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain("unsafe-inline");

  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByLabel("E-mail")).toBeVisible();
  await expect(page.locator("#boot"), "the first-paint shell is gone").toHaveCount(0);
  await passes(page, "signin");
});

test("HTML that could run something is refused by the portal's own policy", async ({ page, guard }) => {
  guard.allow(/createHTML|TrustedHTML|require-trusted-types-for/);
  await page.goto("/signin");
  const refused = await page.evaluate(() => {
    const tried = (html: string) => {
      try {
        document.createElement("template").innerHTML = html;
        return "let through";
      } catch (error) {
        return (error as Error).name;
      }
    };
    return ["<p>text</p>", "<img src=x onerror=a()>", "<script>a()</script>", "<iframe srcdoc=a></iframe>"].map(tried);
  });
  expect(refused).toEqual(["let through", "TypeError", "TypeError", "TypeError"]);
});

test("a portal that stops says so, without Rust, and offers to reload", async ({ page, guard }) => {
  guard.allow(/Portico stopped/);
  await page.goto("/signin");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.evaluate(() => {
    (globalThis as unknown as { portico_panic(text: string): void }).portico_panic("on purpose");
  });
  await expect(page.getByRole("alert")).toContainText("Portico stopped");
  await expect(page.getByLabel("E-mail")).toBeHidden();
  await passes(page, "stopped");

  await page.getByRole("button", { name: "Reload" }).click();
  await expect(page.getByLabel("E-mail")).toBeVisible();
});

test("a portal whose module cannot be loaded says so", async ({ page, guard }) => {
  guard.allow(/Portico stopped|Failed to load resource|ERR_FAILED/);
  await page.route(/_bg\.wasm$/, (route) => route.abort());
  await page.goto("/signin");
  await expect(page.getByRole("alert")).toContainText("Portico stopped");
});
