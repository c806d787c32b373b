/** Where programs are written, in a browser. */
import { readFileSync } from 'node:fs';
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

  /** A student who reads no English: what is a name, of a release or a commit, stays as it is. */
  test('the labels of a Chinese page are Chinese', async () => {
    const { page } = await site.open('zh/write.html');
    await page.locator('epollsim-scenario button').waitFor();
    const texts = await page
      .locator('epollsim-write label, epollsim-scenario label')
      .evaluateAll((all) =>
        all.map(({ childNodes }) =>
          [...childNodes]
            .flatMap((one) => (one.nodeType === 3 ? one.textContent : []))
            .join('')
            .trim(),
        ),
      );
    expect(texts.length).toBeGreaterThanOrEqual(9);
    expect(texts.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
    await page.context().close();
  });

  /** The same program, the same steps, and another kernel: what the commit was for. */
  test('along a schedule that fails on one kernel the other one does not fail', async () => {
    const [page] = await open();
    await page.locator('epollsim-write').getByRole('button', { name: 'Run on both' }).click();
    await page.getByText('the program sees the same on both kernels').waitFor();

    await page.getByRole('button', { name: 'Along a schedule that fails on A' }).click();
    await page
      .getByText('B follows the steps of A as near as it can. They part here')
      .waitFor({ timeout: 40_000 });
    await page.getByRole('button', { name: 'Show it on both' }).click();
    const [left, right] = [new BenchPage(page, 0), new BenchPage(page, 1)];
    expect(await left.bench.locator('.release').innerText()).toBe('Linux 5.6');
    expect(await left.bench.locator('.notices').innerText()).toContain('b in epoll_wait');
    await right.ready();
    await right.press('End');
    expect(await right.bench.locator('.notices').innerText()).toBe('');
  });

  /** Whoever shows somebody else where two kernels part, or loads the page again. */
  test('the address holds the text, both kernels and the schedule', async () => {
    const [page, complaints] = await open();
    const program = new URL('../../lab/programs/13-lost-wakeup.ts', import.meta.url);
    const text = `// mine\n${readFileSync(program, 'utf8')}`;
    await editorOf(page).fill(text);
    const menusOf = (of: Page) => of.locator('epollsim-write .row').last().locator('select');
    await menusOf(page).nth(0).selectOption('5.6');
    await menusOf(page).nth(2).selectOption('5.7');
    await menusOf(page).nth(3).selectOption({ index: 1 });
    const chosen = (of: Page) =>
      menusOf(of).evaluateAll((all) =>
        all.map((one) => (one as unknown as { value: string }).value),
      );
    const before = await chosen(page);
    await expect.poll(() => page.url()).toMatch(/#write=[\w-]+$/);

    await page.getByRole('button', { name: 'Along a schedule that fails on A' }).click();
    await page.getByRole('button', { name: 'Show it on both' }).waitFor({ timeout: 40_000 });
    await page.locator('epollsim-write').getByRole('button', { name: 'Copy link' }).first().click();
    await page.getByText('Copied').waitFor();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    const saidOf = (of: Page) => of.locator('epollsim-write .said').innerText();
    const said = await saidOf(page);
    expect(complaints).toEqual([]);
    await page.context().close();

    const { page: other } = await site.open(link.slice(site.address.length));
    await other.getByRole('button', { name: 'Show it on both' }).waitFor({ timeout: 40_000 });
    expect(await saidOf(other)).toBe(said);
    await other.getByRole('button', { name: 'Show it on both' }).click();
    expect(await chosen(other)).toEqual(before);
    expect(before).toEqual(['5.6', '', '5.7', expect.stringMatching(/^[-+]\w+$/)]);
    expect(await editorOf(other).innerText()).toContain('// mine');
    expect(await new BenchPage(other, 0).bench.locator('.notices').innerText()).toContain(
      'b in epoll_wait',
    );

    await other.locator('epollsim-write select').nth(1).selectOption('4.4');
    await expect.poll(() => other.url()).not.toBe(link);
    await other.reload();
    await expect
      .poll(() => chosen(other), { timeout: 20_000 })
      .toEqual(['4.4', ...before.slice(1)]);
    await other.context().close();
  });

  describe('a scenario', () => {
    async function openScenario() {
      const { page } = await site.open('write.html');
      const element = page.locator('epollsim-scenario');
      await element.scrollIntoViewIfNeeded();
      await element.getByRole('textbox').waitFor();
      return { page, element, editor: element.getByRole('textbox') };
    }

    /** Who does not know the names by heart: calls, arguments, flags, descriptors. */
    test.each([
      ['{ "steps": [{ "call": "epoll_cr', 'epoll_create1'],
      ['{ "steps": [{ "call": "epoll_ctl", "args": { "', 'events'],
      ['{ "steps": [{ "call": "epoll_ctl", "args": { "events": "EPOLLIN|EPOLLE', 'EPOLLET'],
      ['{ "steps": [{ "bind": ["ear"] }, { "call": "close", "args": { "fd": "$', '$ear'],
      ['{ "steps": [{ "', 'bind'],
      ['{ "', 'steps'],
    ])('offers behind %s what the schema has', async (text, name) => {
      const { editor, page } = await openScenario();
      await editor.fill(text.slice(0, -1));
      await page.keyboard.press('Control+End');
      await page.keyboard.type(text.slice(-1));
      await page.getByRole('listbox').getByRole('option', { name }).first().waitFor();
      await page.context().close();
    });

    /** A name that the schema has for itself is none of a call. */
    test('offers calls by their own names alone', async () => {
      const { editor, page } = await openScenario();
      await editor.fill('{ "steps": [{ "call": "bin');
      await page.keyboard.press('Control+End');
      await page.keyboard.type('d');
      const options = page.getByRole('listbox').getByRole('option');
      await options.first().waitFor();
      expect(await options.allInnerTexts()).toEqual(['bind']);
      await page.context().close();
    });

    /** EPOLLEXCLUSIVE came with 4.5: before, the bit means nothing, and nothing is wrong with it. */
    test('is answered by two kernels, and what differs is marked', async () => {
      const { editor, element } = await openScenario();
      const step = (call: string, args: object, bind: string[] = []) => ({ call, args, bind });
      const steps = [
        step('epoll_create1', { flags: 0 }, ['ep']),
        step('eventfd2', { initval: 0, flags: 0 }, ['e']),
        step('epoll_ctl', {
          epfd: '$ep',
          op: 'EPOLL_CTL_ADD',
          fd: '$e',
          events: 'EPOLLEXCLUSIVE|EPOLLRDHUP',
        }),
      ];
      await editor.fill(JSON.stringify({ name: 'exclusive', steps }));
      await element.getByRole('button', { name: 'Run on both' }).click();
      await element.getByText(/≠ .*EINVAL/).waitFor();
      expect(await element.locator('tr.differs').count()).toBe(1);

      await editor.fill('{ "steps": [{ "call": "no_such_call", "args": {} }] }');
      await element.getByRole('button', { name: 'Run on both' }).click();
      await element.locator('.bad').filter({ hasText: 'no_such_call' }).waitFor();
    });
  });
});
