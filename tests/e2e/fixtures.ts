// What a browser test gets: a running server of its worker, pages that are watched, and a way to
// sign in. Import `test` and `expect` from here, not from Playwright.

import { expect, test as base, type Page } from "@playwright/test";
import { Guard } from "./guard.ts";
import { startServer, type Role, type Server } from "./server.ts";

export { expect };
export * from "./checks.ts";
export type { Role, Server };

interface TestFixtures {
  /** Collects what must not happen; a test fails on it unless it allowed it. */
  guard: Guard;
  /** Signs in by the page, as a person would, as the demo's account of this role. */
  signIn: (page: Page, role: Role) => Promise<void>;
}

interface WorkerFixtures {
  server: Server;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  server: [
    async ({}, use) => {
      const server = await startServer();
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 180_000 },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  guard: async ({}, use) => {
    const guard = new Guard();
    await use(guard);
    expect(guard.unexpected(), "nothing unexpected happened on any page").toEqual([]);
  },

  context: async ({ context, guard, server }, use) => {
    await guard.watch(context, server.url);
    await use(context);
  },

  signIn: async ({ server }, use) => {
    await use(async (page, role) => {
      const account = server.demo.accounts.find((account) => account.role === role);
      if (!account) throw new Error(`the demo has no account of role ${role}`);
      await page.goto("/signin");
      await page.getByLabel("E-mail").fill(account.email);
      await page.getByLabel("Password").fill(account.password);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await expect(page.getByLabel("Password")).toHaveCount(0);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    });
  },
});
