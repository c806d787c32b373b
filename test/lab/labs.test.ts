/** Predictions and tasks in a browser. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readProgress } from '../../lab/model/progress.ts';
import { tasks } from '../../lab/tasks/index.ts';
import { noBrowser, Site } from './site/built.ts';

const lab = fileURLToPath(new URL('../../lab/', import.meta.url));
const pages = readdirSync(`${lab}labs`).sort();

describe.skipIf(noBrowser())('What a student answers', { timeout: 90_000 }, () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  }, 120_000);

  afterAll(async () => {
    await site?.close();
  });

  const questionsOf = async (path: string): Promise<[Page, Locator]> => {
    const { page } = await site.open(path);
    return [page, page.locator('epollsim-predict')];
  };

  /** Who reads the answer first predicts nothing. */
  test.each(pages)('%s gives no answer away before one was chosen', async (file) => {
    const [page, questions] = await questionsOf(`labs/${file.replace('.md', '.html')}`);
    await questions.first().locator('form').waitFor();
    for (const question of await questions.all()) {
      const reasons = (await question.locator(':scope > blockquote').textContent()) ?? '';
      const [reason = ''] = reasons.trim().split('. ');
      expect(reason).not.toBe('');
      expect(await question.getByText(reason).filter({ visible: true }).count()).toBe(0);
      await question.getByRole('button', { name: 'Answer' }).click();
      expect(await question.getByText('Choose an answer first.').isVisible()).toBe(true);

      const right = Number(await question.getAttribute('answer'));
      await question
        .getByRole('radio')
        .nth(right - 1)
        .check();
      await question.getByRole('button', { name: 'Answer' }).click();
      expect(await question.locator('.why').innerText()).toMatch(/^Right\./);
      expect(await question.locator('.why').innerText()).toContain(reason.slice(0, 12));
    }
    await page.context().close();
  });

  /** The first answer is the prediction, and it is still there tomorrow. */
  test('a wrong answer is told as wrong, and remembered', async () => {
    const [page, questions] = await questionsOf('labs/03-callback.html');
    const question = questions.first();
    await question.getByRole('radio').nth(1).check();
    await question.getByRole('button', { name: 'Answer' }).click();
    expect(await question.locator('.why').innerText()).toMatch(/^Not 2\./);

    await page.reload();
    expect(await question.locator('.why').innerText()).toMatch(/^Not 2\./);
    const kept = await page.evaluate<string>("localStorage.getItem('epollsim:progress')");
    expect(readProgress(kept).labs).toMatchObject([
      { lab: 3, predictions: [{ chosen: 2, right: false }] },
    ]);
    await page.context().close();
  });

  /** Without scripts a lab is a text, with its answers below the questions. */
  test('without scripts questions and answers can be read', async () => {
    const { page } = await site.open('labs/03-callback.html', { javaScriptEnabled: false });
    await expect
      .poll(() => page.locator('epollsim-predict blockquote').first().isVisible())
      .toBe(true);
    await page.context().close();
  });

  async function handIn(page: Page, text: string): Promise<string> {
    const task = page.locator('epollsim-task');
    await task.scrollIntoViewIfNeeded();
    const editor = task.getByRole('textbox');
    await editor.fill(text);
    await task.getByRole('button', { name: 'Check' }).click();
    await task.locator('.verdict').waitFor({ timeout: 60_000 });
    return (await task.locator('.verdict p').first().innerText()).replace(/\s+/g, ' ');
  }

  const pageOf = (number: number): string => {
    const file = pages.find((name) => name.startsWith(String(number).padStart(2, '0'))) as string;
    return `labs/${file.replace('.md', '.html')}`;
  };

  const textOf = (number: number, file: string): string =>
    readFileSync(`${lab}tasks/${String(number).padStart(2, '0')}/${file}`, 'utf8');

  /** The browser judges as the command line does, in the same words. */
  test.each(tasks.map((task) => [task.number, task] as const))(
    'lab %i: the solution passes, and what is wrong fails with its word',
    async (number, task) => {
      const folder = `${lab}tasks/${String(number).padStart(2, '0')}`;
      const wrong = readdirSync(folder).find((file) => file.startsWith('wrong-')) as string;
      const { default: code } = await import(`${folder}/${wrong}`);
      const expected = task.grade(code).words.en.replace(/\s+/g, ' ');

      const { complaints, page } = await site.open(pageOf(number));
      expect(await handIn(page, textOf(number, wrong))).toBe(`✗ Not yet. ${expected}`);
      expect(await handIn(page, textOf(number, 'solution.ts'))).toMatch(/^✓ Passed\./);
      expect(await page.locator('.VPSidebar a[data-done="passed"]').count()).toBe(1);
      expect(complaints).toEqual([]);

      await page.reload();
      const task_ = page.locator('epollsim-task');
      await task_.scrollIntoViewIfNeeded();
      await task_.getByText('You have passed this task.').waitFor();
      expect(await task_.getByRole('textbox').innerText()).toContain('export default');
      await page.context().close();
    },
  );

  /** The table says which steps lead there; on the bench one sees what the kernel has done at each. */
  test('what fails is shown on the bench, and so is its link', async () => {
    const { complaints, page } = await site.open(pageOf(9));
    const said = await handIn(page, textOf(9, 'wrong-level.ts'));
    await page.getByRole('button', { name: 'Show it on the bench' }).click();
    const shown = page.locator('epollsim-task epollsim-bench');
    const notices = shown.locator('.notices');
    await expect.poll(() => notices.innerText(), { timeout: 20_000 }).not.toBe('');
    expect(`✗ Not yet. ${(await notices.innerText()).replace(/\s+/g, ' ')}`).toBe(said);
    await expect.poll(() => shown.locator('.listing').first().innerText()).toContain('epoll_wait');
    const place = await shown.locator('.count').innerText();
    await shown.getByRole('button', { name: 'Copy link' }).click();
    await shown.getByText('Copied').waitFor();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(complaints).toEqual([]);
    await page.context().close();

    const { page: other } = await site.open(link.slice(site.address.length));
    const first = other.locator('epollsim-bench').first();
    await expect.poll(() => first.locator('.count').innerText(), { timeout: 20_000 }).toBe(place);
    expect(await first.locator('.notices').innerText()).toContain(said.slice('✗ Not yet. '.length));
    await other.context().close();
  });

  /** Whoever looks for the end of what has none. */
  test('a solution that goes round is shown as far as the bench keeps it, and why is said', async () => {
    const { page } = await site.open(pageOf(6));
    const said = await handIn(page, textOf(6, 'wrong-end.ts'));
    await page.getByRole('button', { name: 'Show it on the bench' }).click();
    const notices = page.locator('epollsim-task epollsim-bench .notices');
    await expect.poll(() => notices.innerText(), { timeout: 20_000 }).not.toBe('');
    const cut =
      'only its first 3000 moments are shown. It ended with an error: OutOfSteps: no rest';
    expect(await notices.innerText()).toContain(cut);
    expect(await notices.innerText()).toContain(said.slice('✗ Not yet. '.length));
    await page.locator('epollsim-task epollsim-bench .bench').focus();
    await page.keyboard.press('Home');
    expect(await notices.innerText()).toContain(cut);
    await page.context().close();
  });

  /** What is sly on the command line is none the less so here. */
  test.each([
    ['export default async function (sys) { await sys.gettid(); await sys.gettid(); }', 'async'],
    ['export default function* (sys) { yield* sys.exit_group(0); }', 'calls exit_group()'],
    ['export default function* (sys) { sys.task.kernel.time_ns += 1e8; }', 'reads sys.task'],
  ])('%s is refused', async (text, words) => {
    const { complaints, page } = await site.open(pageOf(1));
    expect(await handIn(page, text)).toContain(words);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  /** What is handed in by somebody who has had enough. */
  test('a solution that hangs is ended, in words', async () => {
    const { page } = await site.open('labs/03-callback.html');
    const text = 'export default function* () { for (;;) {} }';
    expect(await handIn(page, text)).toContain('nothing was heard of it for ten seconds');
    await page.context().close();
  });
});
