/** The bench of a page, as a reader works it. */
import type { Locator, Page } from 'playwright-core';

export class BenchPage {
  readonly bench: Locator;
  private readonly page: Page;

  constructor(page: Page, which = 0) {
    this.page = page;
    this.bench = page.locator('epollsim-bench').nth(which);
  }

  /** Waits until the program has run, and gives the bench the focus. */
  async ready(): Promise<void> {
    await this.bench.scrollIntoViewIfNeeded();
    await this.bench.locator('.bench[aria-busy="false"]').waitFor();
    await this.bench.locator('.bench').focus();
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** The sentence of the moment, without its function. */
  sentence(): Promise<string> {
    return this.bench.locator('.sentence').evaluate((element) =>
      [...element.childNodes]
        .filter((node) => node.nodeType === 3)
        .map((node) => node.textContent)
        .join('')
        .trim(),
    );
  }

  fn(): Promise<string> {
    return this.bench.locator('.sentence .fn').innerText();
  }

  /** How many moments have happened, and how many there are. */
  async place(): Promise<[number, number]> {
    const [place = '', all = ''] = (await this.bench.locator('.count').innerText()).split(
      / (?:of|\/) /,
    );
    return [Number(place), Number(all)];
  }

  /** All that can be read in the kernel's half. */
  async kernel(): Promise<string> {
    return (await this.bench.locator('.kernel').innerText()).replace(/\s+/g, ' ');
  }

  /** The line of the program that is lit. */
  lit(): Promise<string> {
    return this.bench.locator('.lit code').first().innerText();
  }
}
