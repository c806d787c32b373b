/** Progress: what is kept, handed in, and read by a lecturer. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

  /** What is handed in has to hold what was done, so that it can be checked again. */
  test('is handed in as a file with the name, the answers and the solutions', async () => {
    const { page } = await site.open('labs/04-ready-list.html');
    const question = page.locator('epollsim-predict').first();
    await question.getByRole('radio').first().check();
    await question.getByRole('button', { name: 'Answer' }).click();
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
    const file = JSON.parse(readFileSync(await download.path(), 'utf8'));
    expect(file).toMatchObject({
      format: 'epollsim lab progress 1',
      name: '李雷',
      labs: [{ lab: 4, answers: { 1: { given: 1 } }, passed: true, tries: 1 }],
    });
    expect(file.labs[0].solution.trim()).toBe(solution.trim());
    expect(await own.getByRole('row', { name: /^4\./ }).innerText()).toContain('✓ passed');
    expect(complaints).toEqual([]);
  });

  /** A file that says "passed" by hand is found out. */
  test('is checked again by a lecturer, whatever the file says', async () => {
    const { page } = await site.open('progress.html');
    await page
      .locator('epollsim-progress')
      .evaluate((element) => element.setAttribute('lecturer', ''));
    const lab = (text: string) => ({
      lab: 4,
      answers: {},
      solution: text,
      passed: true,
      tries: 1,
      passedAt: null,
    });
    const file = (name: string, text: string) => ({
      name: `${name}.json`,
      mimeType: 'application/json',
      buffer: Buffer.from(
        JSON.stringify({ format: 'epollsim lab progress 1', name, at: '', labs: [lab(text)] }),
      ),
    });
    await page
      .getByLabel('Progress files')
      .first()
      .setInputFiles([
        file('Ann', solution),
        file('Bob', 'export default function* () {}'),
        { name: 'other.json', mimeType: 'application/json', buffer: Buffer.from('{"labs": 3}') },
      ]);
    await page.getByText('other.json is no progress file of the lab.').waitFor();
    await page.getByRole('button', { name: 'Check all solutions again' }).click();
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) });
    await expect
      .poll(() => row('Bob').innerText(), { timeout: 30_000 })
      .toContain('✗ checked here');
    expect(await row('Ann').innerText()).toContain('✓ checked here');
  });
});
