/** Every page of the site, as it is opened: without errors, with nothing from elsewhere, for everybody. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BenchPage } from './site/bench_page.ts';
import { noBrowser, Site } from './site/built.ts';

const lab = fileURLToPath(new URL('../../lab', import.meta.url));
const axeScript = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const pagesIn = (folder: string): string[] =>
  readdirSync(join(lab, folder))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `${folder}${file.replace(/\.md$/, '.html')}`);

const labs = [
  ...pagesIn('labs/'),
  ...(readdirSync(join(lab, 'zh')).includes('labs') ? pagesIn('zh/labs/') : []),
];
const pages = [...pagesIn(''), ...pagesIn('zh/'), ...labs];

/** A lab may load so much before anybody does anything, in bytes with gzip (docs/decisions/0007). */
const mostOfPage = 200_000;
const mostOfModel = 380_000;

/** What axe finds wrong, in words; `rules` are those to look at, otherwise all. */
async function problemsOf(page: Page, rules?: readonly string[]): Promise<string[]> {
  // What is right is not asked for: it is most of a page, and takes most of the time.
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  if (await page.evaluate('typeof axe !== "object"')) await page.addScriptTag({ path: axeScript });
  const violations: AxeResults['violations'] = await page.evaluate(
    `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ failureSummary, target }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}

/** By how much a page is wider than the window, in pixels. */
const tooWide = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');

/** How emphasised words look, each way once: in the text, and in the answers of a quiz, which are given first. */
async function looksOf(page: Page): Promise<string[]> {
  for (const question of await page.locator('epollsim-predict').all()) {
    await question.getByRole('radio').first().check();
    await question.locator('button.step').click();
  }
  return page.evaluate<string[]>(`(() => {
    const lookOf = (where) => (one) => {
      const { fontStyle, textEmphasisStyle } = getComputedStyle(one);
      return where + ': ' + fontStyle + ', ' + textEmphasisStyle;
    };
    const asked = [...document.querySelectorAll('epollsim-predict')];
    const inQuiz = asked.flatMap(({ shadowRoot }) => [...shadowRoot.querySelectorAll('.why em')]);
    const inText = [...document.querySelectorAll('.vp-doc em')];
    return [...new Set([...inText.map(lookOf('text')), ...inQuiz.map(lookOf('quiz'))])];
  })()`);
}

describe.skipIf(noBrowser())('The site', { timeout: 60_000 }, () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  }, 120_000);

  afterAll(async () => {
    await site?.close();
  });

  /** A student who opens the console, and one who cannot see what is drawn. */
  test.each(pages)(
    '%s has no error, no request to elsewhere, and nothing against axe',
    async (path) => {
      const { complaints, page } = await site.open(path, {
        colorScheme: 'light',
        reducedMotion: 'reduce',
      });
      if ((await page.locator('epollsim-bench').count()) > 0) {
        const bench = new BenchPage(page);
        await bench.ready();
        await bench.press('w');
      }
      expect(await problemsOf(page)).toEqual([]);
      // In the dark a page has other colours, and all else is as it was.
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.locator('html.dark').waitFor();
      expect(await problemsOf(page, ['color-contrast'])).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  /** A student who reads no English, and one who listens to the page. */
  test('a Chinese lab has a Chinese sidebar and Chinese menus', async () => {
    const { page } = await site.open('zh/labs/03-callback.html');
    await new BenchPage(page).ready();
    const texts = await page
      .locator(
        '.VPNavBarMenu a, .VPSidebar a, #sidebar-aria-label, #doc-footer-aria-label, .pager-link, .DocSearch-Button, epollsim-bench button',
      )
      .allInnerTexts();
    expect(texts.length).toBeGreaterThan(20);
    const named = await page
      .locator(
        '.VPNavBarMenu, .VPNavBarHamburger, #local-search button, .VPSwitchAppearance, .VPNavBarTranslations button, epollsim-bench [role=group]',
      )
      .evaluateAll((all) =>
        all.map((one) => one.getAttribute('aria-label') ?? one.getAttribute('title') ?? ''),
      );
    expect(named.length).toBeGreaterThan(5);
    const words = [...texts, ...named]
      .map((text) => text.replace(/^main$|^t1$/, ''))
      .filter(Boolean);
    expect(words.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
    await page.context().close();
  });

  /** Slanted Chinese cannot be read; what is emphasised has dots below it, in a quiz as well. */
  test('Chinese emphasis is made by dots and not by italics', async () => {
    const { page } = await site.open('zh/labs/06-edge.html');
    expect(await looksOf(page)).toEqual(['text: normal, dot', 'quiz: normal, dot']);
    await page.context().close();

    const { page: english } = await site.open('labs/06-edge.html');
    expect(await looksOf(english)).toEqual(['text: italic, none', 'quiz: italic, none']);
    await english.context().close();
  });

  /** A phone: nothing may be wider than it. And what each lab asks to be looked at has to be there. */
  test.each(pages)(
    '%s fits a phone, and each bench of it runs and opens where the text says',
    async (path) => {
      const { complaints, page } = await site.open(path, {
        viewport: { width: 390, height: 844 },
        reducedMotion: 'reduce',
      });
      for (let which = 0; which < (await page.locator('epollsim-bench').count()); which++) {
        const bench = new BenchPage(page, which);
        await bench.ready();
        const notices = await bench.bench.locator('.notices').innerText();
        expect(notices).not.toMatch(/could not be run|No moment|expects "|无法运行|没有“/);
        const [, all] = await bench.place();
        // A stepwise one is at its beginning: somebody has to choose.
        const isEmpty = (await bench.bench.getAttribute('stepwise')) !== null;
        expect(all > 0).toBe(!isEmpty);
        await bench.press('w');
        expect(await tooWide(page)).toBeLessThanOrEqual(0);
        await bench.press('End');
        expect(await bench.bench.locator('.notices').innerText()).not.toContain('expects "');
      }
      expect(await tooWide(page)).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  /** A lecture hall with a hundred students and one access point. */
  test('a lab loads no more than its budget', async () => {
    const { loaded, page } = await site.open('labs/03-callback.html');
    await new BenchPage(page).ready();
    const sum = (isOne: (path: string) => boolean): number =>
      [...loaded].filter(isOne).reduce((all, path) => all + site.bytesOf(path), 0);
    const isModel = (path: string): boolean => /worker|tasks/.test(path);
    expect(sum((path) => path.endsWith('.js') && !isModel(path))).toBeLessThan(mostOfPage);
    expect(sum(isModel)).toBeLessThan(mostOfModel);
    expect([...loaded].filter((path) => /editor|typescript/.test(path))).toEqual([]);
    await page.context().close();
  });

  /** Whoever hands the site on hands on what is inside of it. */
  test('has the licences of the packages inside', () => {
    const text = readFileSync(join(site.folder, 'LICENSES.txt'), 'utf8');
    const names = [...text.matchAll(/^(\S+)\n=+$/gm)].map(([, name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(['lit', 'sucrase', 'vue', 'd3-hierarchy', 'denque']),
    );
  });
});
