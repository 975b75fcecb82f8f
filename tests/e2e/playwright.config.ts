// The browser tests: the system's own Chromium against servers that the tests start themselves.
// `cargo xtask test` builds what they need, names it in the environment and reads the JSON report.

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  outputDir: "results/artifacts",
  forbidOnly: true,
  fullyParallel: false,
  workers: 1,
  retries: 0,
  // Against what hangs; slow machines need several times what others do.
  timeout: 240_000,
  expect: { timeout: 20_000 },
  reporter: [["line"], ["json", { outputFile: process.env["PLAYWRIGHT_JSON_OUTPUT_FILE"] ?? "results/report.json" }]],
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "UTC",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["PORTICO_CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
