// How a person gets something done on a page: by mouse, or by keyboard alone.

import { expect, type Locator, type Page } from "@playwright/test";

export interface Hands {
  /** Follows a link or presses a button. */
  press(target: Locator): Promise<void>;
  /** Goes into a field and types. */
  type(field: Locator, text: string): Promise<void>;
}

const MOST_TABS = 80;

export function mouse(page: Page): Hands {
  return {
    press: (target) => target.click(),
    type: async (field, text) => {
      await field.click();
      await page.keyboard.type(text);
    },
  };
}

export function keyboard(page: Page): Hands {
  return {
    press: async (target) => {
      await tabTo(page, target);
      await page.keyboard.press("Enter");
    },
    type: async (field, text) => {
      await tabTo(page, field);
      await page.keyboard.type(text);
    },
  };
}

/** Presses Tab until the target has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${MOST_TABS} times Tab did not lead to ${target}`);
}

/** Presses a button that copies, and answers what a paste elsewhere then brings. */
export async function copy(page: Page, { press }: Hands, button: Locator): Promise<string> {
  const before = "nothing was copied";
  await page.evaluate((before) => navigator.clipboard.writeText(before), before);
  await press(button);
  return onClipboard(page, before);
}

/** What a paste in some other program brings. Waits until it is not what was there `before`. */
export async function onClipboard(page: Page, before = ""): Promise<string> {
  // The portal's pages may not read the clipboard; a page of somebody else's shows what is in it.
  const elsewhere = await page.context().browser()!.newPage();
  try {
    await elsewhere.setContent('<textarea aria-label="Paste"></textarea>');
    const field = elsewhere.getByLabel("Paste");
    await expect(async () => {
      await field.fill("");
      await field.press("ControlOrMeta+v");
      await expect.poll(() => field.inputValue(), { timeout: 500 }).not.toBe("");
      expect(await field.inputValue()).not.toBe(before);
    }).toPass({ timeout: 10_000 });
    return await field.inputValue();
  } finally {
    await elsewhere.close();
  }
}
