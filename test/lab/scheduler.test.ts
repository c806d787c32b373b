/** The reader as the scheduler, in a browser. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../lab/model/compile.ts';
import { withWaysBack } from '../../lab/model/follow.ts';
import { record } from '../../lab/model/recording.ts';
import { readSchedule } from '../../lab/model/schedule.ts';
import { BenchPage } from './site/bench_page.ts';
import { noBrowser, Site } from './site/built.ts';

const programs = new URL('../../lab/programs/', import.meta.url);
const text = readFileSync(new URL('12-ovflist.ts', programs), 'utf8');
const way = readSchedule(readFileSync(new URL('12-ovflist.schedule', programs), 'utf8'));

describe('a schedule of the checker, step by step', () => {
  /** The checker leaves ways back out; a reader who chooses each step meets them. */
  test('gets the ways back that it leaves out, and leads to the same end', () => {
    const bare = way.steps.filter((step) => !step.endsWith(': return'));
    expect(bare.length).toBeLessThan(way.steps.length);
    expect(record(compile(text), { steps: bare }).error).toContain('expects "');

    const whole = withWaysBack(() => compile(text), bare, {});
    expect(record(compile(text), { steps: whole }).error).toBeNull();
    const others = (steps: readonly string[]) => steps.filter((step) => !step.endsWith(': return'));
    expect(others(whole)).toEqual(bare);
    expect(withWaysBack(() => compile(text), whole, {})).toEqual(whole);
  });

  /** A schedule of another program is not made to fit. */
  test('that does not fit is left as it is', () => {
    const steps = ['main: start', 'nobody: lock ep->mtx'];
    expect(withWaysBack(() => compile(text), steps, {})).toEqual(steps);
  });
});

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
