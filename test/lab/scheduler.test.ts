/** The reader as the scheduler, in a browser. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BenchPage } from './site/bench_page.ts';
import { noBrowser, Site } from './site/built.ts';

describe.skipIf(noBrowser())('You are the scheduler', { timeout: 60_000 }, () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  }, 120_000);

  afterAll(async () => {
    await site?.close();
  });

  const open = async (): Promise<[Page, BenchPage]> => {
    const { page } = await site.open('scheduler.html');
    const bench = new BenchPage(page);
    await bench.ready();
    return [page, bench];
  };

  const choices = (page: Page) =>
    page.getByRole('group', { name: 'Who goes next?' }).getByRole('button');

  /** A choice is a step of the machine, and no more than that. */
  test('a choice is one step, taking it back undoes it', async () => {
    const [page, bench] = await open();
    await choices(page).filter({ hasText: 'main: start' }).click();
    await page.getByText('1 steps chosen').waitFor();
    const first = await choices(page).allInnerTexts();
    await choices(page).first().click();
    await page.getByText('2 steps chosen').waitFor();
    expect((await bench.place())[0]).toBeGreaterThan(1);

    await page.keyboard.press('Backspace');
    await page.getByText('1 steps chosen').waitFor();
    expect(await choices(page).allInnerTexts()).toEqual(first);

    await page.getByRole('button', { name: 'Go on alone' }).click();
    await page.getByText('Nobody can go on: the run is over.').waitFor();
    await page.getByText('Nothing: this way it went well.').waitFor();
  });

  /** Who gives up asks the checker, and sees what it has found. */
  test('the checker shows a schedule that fails, and the detectors say why', async () => {
    const [page, bench] = await open();
    await page.getByRole('button', { name: 'Ask the checker' }).click();
    await page.getByText('One fails: lost-wakeup.').waitFor({ timeout: 40_000 });
    await page.getByRole('button', { name: 'Show it' }).click();
    await page.getByText('Nobody can go on: the run is over.').waitFor();
    expect(await bench.bench.locator('.notices').innerText()).toContain('b in epoll_wait');
    await page.locator('.said').getByText('lost-wakeup').waitFor();
  });

  /** Where nothing fails it says so, and how many ways there are. */
  test('on a kernel in order it has run all interleavings', async () => {
    const [page, bench] = await open();
    await bench.bench.getByRole('combobox', { name: 'Kernel' }).selectOption('5.7');
    await expect.poll(() => bench.bench.locator('.release').innerText()).toBe('Linux 5.7');
    await page.getByRole('button', { name: 'Ask the checker' }).click();
    await page
      .getByText(/There are \d+ interleavings .* it has run all of them\.\s+None of them fails\./)
      .waitFor({ timeout: 40_000 });
  });
});
