// Watches every page of a test for what must never happen, whatever the test is about: errors and
// warnings in the console, uncaught errors, breaches of the content-security policy, crashes, and
// requests to any other origin.

import type { BrowserContext } from "@playwright/test";

// The portal asks who is signed in; "nobody" is a 401, which Chromium writes down as an error.
const NOBODY_SIGNED_IN = /^console error: Failed to load resource: .* 401 .*\/api\/v1\/me\)$/;

export class Guard {
  private readonly problems: string[] = [];
  private readonly allowed: RegExp[] = [NOBODY_SIGNED_IN];

  /** Lets problems pass whose text matches, in this test: for what the test brings about on purpose. */
  allow(pattern: RegExp): void {
    this.allowed.push(pattern);
  }

  /** What happened and was not allowed. */
  unexpected(): string[] {
    return this.problems.filter((problem) => !this.allowed.some((pattern) => pattern.test(problem)));
  }

  async watch(context: BrowserContext, origin: string): Promise<void> {
    context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        const { url } = message.location();
        this.problems.push(`console ${message.type()}: ${message.text()} (${url})`);
      }
    });
    context.on("weberror", (error) => {
      this.problems.push(`uncaught: ${error.error().stack ?? error.error().message}`);
    });
    context.on("page", (page) => {
      page.on("crash", () => this.problems.push(`crashed: ${page.url()}`));
    });
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.origin !== origin) {
        this.problems.push(`request to another origin: ${request.url()}`);
      }
    });
    await context.exposeFunction("porticoViolation", (text: string) => {
      this.problems.push(`policy violation: ${text}`);
    });
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const { effectiveDirective, blockedURI, sourceFile, lineNumber, sample } = event;
        const report = (globalThis as unknown as { porticoViolation(text: string): void }).porticoViolation;
        report(`${effectiveDirective} ${blockedURI} at ${sourceFile}:${lineNumber} ${sample}`);
      });
    });
  }
}
