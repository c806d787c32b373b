/** Progress: what is kept, handed in, and read by a lecturer. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { progressText, readProgress } from '../../lab/model/progress.ts';
import { epollsim } from '../cli/run.ts';
import { noBrowser, Site } from './site/built.ts';

const tasks = fileURLToPath(new URL('../../lab/tasks/', import.meta.url));
const solution = readFileSync(`${tasks}04/solution.ts`, 'utf8');

describe.skipIf(noBrowser())('Progress', { timeout: 60_000 }, () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  }, 120_000);

  afterAll(async () => {
    await site?.close();
  });

  /** A lecturer grades a folder of these on the command line: one format, of pages and commands. */
  test('is handed in as a file that `epollsim lab check` takes', async () => {
    const { page } = await site.open('labs/04-ready-list.html');
    const questions = page.locator('epollsim-predict');
    const answer = async (which: number, choice: number): Promise<void> => {
      const question = questions.nth(which);
      await question.getByRole('radio').nth(choice).check();
      await question.getByRole('button', { name: 'Answer', exact: true }).click();
    };
    const right = Number(await questions.nth(1).getAttribute('answer'));
    await answer(1, right % 2);
    await questions.nth(1).getByRole('button', { name: 'Answer again' }).click();
    await answer(1, right - 1);
    const task = page.locator('epollsim-task');
    await task.scrollIntoViewIfNeeded();
    await task.getByRole('textbox').fill(solution);
    await task.getByRole('button', { name: 'Check' }).click();
    await task.getByText('✓ Passed.').waitFor({ timeout: 30_000 });

    const { complaints, page: own } = await site.openIn(page.context(), 'progress.html');
    await own.getByRole('textbox', { name: 'Name' }).fill('李雷');
    const [download] = await Promise.all([
      own.waitForEvent('download'),
      own.getByRole('button', { name: 'Download progress.json' }).click(),
    ]);
    const file = join(mkdtempSync(join(tmpdir(), 'epollsim-progress-')), 'progress.json');
    await download.saveAs(file);
    const { labs, student } = readProgress(readFileSync(file, 'utf8'));
    expect({ labs, student }).toMatchObject({
      student: '李雷',
      labs: [
        { lab: 4, predictions: [null, { chosen: (right % 2) + 1, right: false }], passed: true },
      ],
    });
    expect(labs[0]?.solution?.trim()).toBe(solution.trim());
    expect(await own.getByRole('row', { name: /^4\./ }).innerText()).toContain('✓ passed');
    expect(complaints).toEqual([]);

    const { code, out } = epollsim(['lab', 'check', file]);
    expect(out).toMatch(/李雷 +0\/1 +✓ +1\/1/);
    expect(code).toBe(0);
  });

  /** A file that says "passed" by hand is found out; one that is damaged is told by its place. */
  test('is checked again by a lecturer, whatever the file says', async () => {
    const { page } = await site.open('lecturer.html');
    const at = '2026-03-02T09:30:00Z';
    const handIn = (student: string, text: string): string =>
      progressText({
        epollsim: 'lab',
        version: 1,
        student,
        labs: [{ lab: 4, predictions: [], solution: text, passed: true, at }],
      });
    const file = (name: string, text: string) => ({
      name,
      mimeType: 'application/json',
      buffer: Buffer.from(text),
    });
    await page
      .getByLabel('Progress files')
      .first()
      .setInputFiles([
        file('ann.json', handIn('Ann', solution)),
        file('bob.json', handIn('Bob', 'export default function* () {}')),
        file('other.json', '{"labs": 3}'),
      ]);
    await page
      .getByText('other.json is no progress file of the lab: "epollsim": expected "lab"')
      .waitFor();
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) });
    expect(await row('Bob').innerText()).toContain('✓ says the file');
    await page.getByRole('button', { name: 'Check all solutions again' }).click();
    await expect
      .poll(() => row('Bob').innerText(), { timeout: 30_000 })
      .toContain('✗ checked here');
    expect(await row('Ann').innerText()).toContain('✓ checked here');
  });

  /** A lecturer who reads no English. */
  test('is refused in Chinese on a Chinese page', async () => {
    const { page } = await site.open('zh/lecturer.html');
    await page
      .locator('input[type=file]')
      .setInputFiles([
        { name: 'a.json', mimeType: 'application/json', buffer: Buffer.from('{"labs": 3}') },
      ]);
    const said = page.locator('epollsim-progress .bad');
    expect(await said.innerText()).toBe(
      'a.json 不是实验的进度文件： "epollsim"：应为 "lab"，即由实验页面写出的文件，而这里什么也没有',
    );
    await page.context().close();
  });

  /** Who has done the labs and does not know where to. */
  test.each(['', 'zh/'])('is a click away from the list of labs in /%s', async (folder) => {
    for (const from of ['index', 'lecturer', 'labs/01-create']) {
      const { page } = await site.open(`${folder}${from}.html`);
      await page.locator(`a[href$="${folder}progress.html"]:visible`).last().click();
      await page.locator('epollsim-progress input[autocomplete=name]').waitFor();
      await page.context().close();
    }
  });
});
