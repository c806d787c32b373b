/** Where programs are written, in a browser. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BenchPage } from './site/bench_page.ts';
import { noBrowser, Site } from './site/built.ts';

describe.skipIf(noBrowser())('Write', { timeout: 90_000 }, () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  }, 120_000);

  afterAll(async () => {
    await site?.close();
  });

  async function open(): Promise<[Page, string[]]> {
    const { complaints, page } = await site.open('write.html');
    await page.getByText('No type errors').waitFor({ timeout: 40_000 });
    return [page, complaints];
  }

  const editorOf = (page: Page) => page.getByRole('textbox', { name: 'Program' });

  /** A wrong argument is told while it is written, as an editor at home does. */
  test('TypeScript says what is wrong, and what a call is named', async () => {
    const [page, complaints] = await open();
    await editorOf(page).fill(
      `import type { Sys } from 'epollsim';\nexport default function* (sys: Sys) {\n  yield* sys.close('3');\n  \n}\n`,
    );
    await page.getByText('1 type errors').waitFor();
    await page.keyboard.press('Control+End');
    for (const key of ['ArrowUp', 'ArrowUp', 'End']) await page.keyboard.press(key);
    await page.keyboard.type('yield* sys.epoll_cr');
    await page.getByRole('option', { name: 'epoll_create1' }).waitFor();
    expect(complaints).toEqual([]);
  });

  /** What all programs of the lab are written with is known to the compiler. */
  test('the programs of the lab have no type errors', async () => {
    const [page] = await open();
    for (const name of ['01-create', '10-accept', '14-close-and-reuse']) {
      await page.getByRole('combobox', { name: 'Program' }).selectOption(name);
      await page.getByText('No type errors').waitFor();
      await new Promise((done) => setTimeout(done, 1500));
      expect(await page.getByText(/type errors/).innerText()).toBe('No type errors');
    }
  });

  /** The same program, the same steps, and another kernel: what the commit was for. */
  test('along a schedule that fails on one kernel the other one does not fail', async () => {
    const [page] = await open();
    await page.getByRole('button', { name: 'Run on both' }).click();
    await page.getByText('the program sees the same on both kernels').waitFor();

    await page.getByRole('button', { name: 'Along a schedule that fails on A' }).click();
    await page.getByText('Here the program sees something else:').waitFor({ timeout: 40_000 });
    await page.getByRole('button', { name: 'Show it on both' }).click();
    const [left, right] = [new BenchPage(page, 0), new BenchPage(page, 1)];
    expect(await left.bench.locator('.release').innerText()).toBe('Linux 5.6');
    expect(await left.bench.locator('.notices').innerText()).toContain('b in epoll_wait');
    await right.ready();
    await right.press('End');
    expect(await right.bench.locator('.notices').innerText()).toBe('');
  });
});
