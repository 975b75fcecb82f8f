// What every page must pass, in each state that a test brings it to: accessible in both themes, no
// wider than a narrow window. And pictures of it, for people to look at.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const THEMES = ["light", "dark"] as const;
const NARROW = { width: 320, height: 640 };

/** Axe finds nothing, in the light theme and in the dark one. */
export async function axe(page: Page): Promise<void> {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await colorsHaveChanged(page);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, help, nodes }) => ({
      theme: colorScheme,
      rule: `${id}: ${help}`,
      where: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`),
    }));
    expect(found, `axe on ${page.url()}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

/** Waits until no colour is on its way from one theme to the other, which takes a frame at the least. */
async function colorsHaveChanged(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise(requestAnimationFrame);
    // In a closed disclosure time stands still, and nothing is to be seen.
    const isSeen = ({ effect }: Animation) => effect instanceof KeyframeEffect && effect.target?.checkVisibility();
    const changes = document.getAnimations().filter((change) => change instanceof CSSTransition && isSeen(change));
    // One that is called off is over as well.
    await Promise.allSettled(changes.map((change) => change.finished));
  });
}

/** At 320 px nothing makes the page scroll sideways. */
export async function fitsNarrowWindow(page: Page): Promise<void> {
  await inNarrowWindow(page, async () => {
    const wide = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth <= clientWidth) return [];
      const past = [...document.body.querySelectorAll("*")].filter(
        (element) => element.getBoundingClientRect().right > clientWidth + 1,
      );
      return [`${scrollWidth} px wide`, ...past.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
    });
    expect(wide, `wider than ${NARROW.width} px: ${page.url()}`).toEqual([]);
  });
}

/** Writes `name-light.png`, `name-dark.png` and `name-320.png`. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env["PORTICO_SHOTS"] ?? join("results", "shots");
  await mkdir(folder, { recursive: true });
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), animations: "disabled" });
  }
  await page.emulateMedia({ colorScheme: null });
  await inNarrowWindow(page, async () => {
    await page.screenshot({ path: join(folder, `${name}-320.png`), fullPage: true, animations: "disabled" });
  });
}

/** All of the above, for a page in the state that it is in now. */
export async function passes(page: Page, name: string): Promise<void> {
  await axe(page);
  await fitsNarrowWindow(page);
  await shot(page, name);
}

async function inNarrowWindow(page: Page, act: () => Promise<void>): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize(NARROW);
  await act();
  if (before) await page.setViewportSize(before);
}
