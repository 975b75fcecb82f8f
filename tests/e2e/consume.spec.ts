// The Consume tab: its samples are copied off the page and run, and they score.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { column, penguins } from "./calls.ts";
import { expect, passes, test } from "./fixtures.ts";
import { endpoint } from "./rest.ts";

const run = promisify(execFile);

/** What a shell or an interpreter prints for a text that it is given, with the key in its environment. */
async function ran(program: string, text: string, key: string): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "", PORTICO_KEY: key };
  const { stdout } = await run(program, ["-c", text], { env, timeout: 30_000 });
  return stdout;
}

async function sample(page: Page, language: string): Promise<string> {
  await page.getByRole("navigation", { name: "Languages" }).getByRole("link", { name: language }).click();
  return page.getByRole("region", { name: language, exact: true }).innerText();
}

test("the samples in curl and Python run as they are, and hold no key", async ({ page, server, signIn }) => {
  const acme = endpoint(server.demo, "acme");
  const { labels } = await penguins();
  await signIn(page, "owner");
  await page.goto(`${acme.path}/consume`);

  const curl = await sample(page, "curl");
  const answer = await ran("bash", curl, acme.primary_key);
  expect(column({ status: 200, text: answer }, "Scored Labels")).toEqual(labels.slice(0, 1));
  await passes(page, "consume-curl");

  const python = await sample(page, "Python");
  const printed = await ran("python3", python, acme.secondary_key);
  expect(printed).toContain(`'Scored Labels': '${labels[0]}'`);
  await passes(page, "consume-python");

  for (const text of [curl, python]) {
    expect(text).toContain(acme.url);
    expect(text).not.toMatch(/portico_[ps]\d/);
  }
  await expect(ran("bash", curl, "wrong"), "a wrong key ends the sample with an error").rejects.toThrow();
  await expect(ran("python3", python, "wrong")).rejects.toThrow(/401 .*Invalid credentials provided/);
});

test("the language is in the address, and kept for the next visit", async ({ page, server, signIn }) => {
  const acme = endpoint(server.demo, "acme");
  await signIn(page, "owner");
  await page.goto(`${acme.path}/consume?sample=python`);
  await expect(page.getByRole("region", { name: "Python", exact: true })).toBeVisible();
  await page.goto(`${acme.path}/consume`);
  await expect(page.getByRole("region", { name: "Python", exact: true })).toBeVisible();
});
