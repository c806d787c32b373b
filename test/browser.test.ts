/** What a page gets of the package, in a browser. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { JSHandle } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import falseNegative from '../examples/false-negative.ts';
import { browserEntries, browserName } from '../scripts/browser.ts';
import { readManifest } from '../scripts/entries.ts';
import { check } from '../src/check/check.ts';
import type * as Epollsim from '../src/index.ts';
import { Browser, findChromium } from './support/chromium.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
// Inside node_modules, so that what was built finds its packages.
const built = `${root}node_modules/.epollsim-browser`;
const corpus = new URL('../corpus/linux-6.18/', import.meta.url);

const groups = readdirSync(corpus)
  .filter((file) => file.endsWith('.golden.ndjson'))
  .map((file) => file.replace('.golden.ndjson', ''))
  .filter((group) => group !== 'concurrent');

/** Every so many lines of a file: few enough to be quick, from all of it. */
function sample(file: string): string[] {
  const lines = readFileSync(new URL(file, corpus), 'utf8').trimEnd().split('\n');
  const every = Math.ceil(lines.length / 25);
  return lines.filter((_, i) => i % every === 0);
}

const executable = findChromium();
if (executable === null) {
  console.warn('skipped: no Chromium was found in PATH, nor is CHROMIUM set; no browser was tried');
}

const entries = browserEntries(readManifest()).map((entry) => [entry.name, entry] as const);

describe.skipIf(executable === null)('In a browser', () => {
  let browser: Browser;
  let epollsim: JSHandle<typeof Epollsim>;

  beforeAll(async () => {
    execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts', built], {
      cwd: root,
      stdio: 'pipe',
    });
    const imports = entries.map(([name, entry]) => [name, `/browser/${browserName(entry)}.js`]);
    browser = await Browser.open(executable as string, built, Object.fromEntries(imports));
    epollsim = await browser.import('epollsim');
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
  });

  /** Whoever writes `<script type="module">`: a package left outside ends the page at its import. */
  test.each(entries)('%s has the names that it has in Node', async (name, entry) => {
    const found = await browser.import(name);
    const inNode: object = await import(`${built}/${entry.file.replace('./dist/', '')}`);
    expect(await found.evaluate((module) => Object.keys(module).sort())).toEqual(
      Object.keys(inNode).sort(),
    );
  });

  /** A page that teaches what Linux does not do: what was minified has to answer as it does. */
  test.each(groups)('scenarios of %s are answered as by Linux 6.18', async (group) => {
    const scenarios = sample(`${group}.scenarios.ndjson`);
    const played = await epollsim.evaluate(
      ({ parseScenario, Player, transcriptText }, lines) =>
        lines.map((line) => transcriptText(new Player(parseScenario(JSON.parse(line))).play())),
      scenarios,
    );
    expect(played).toEqual(sample(`${group}.golden.ndjson`));
  });

  /** Whoever is sent a schedule that was found in a page, and follows it in Node. */
  test('check() finds a race, along the schedule that it finds in Node', async () => {
    const found = await epollsim.evaluate(({ check, EPOLL_CTL_ADD, EPOLLIN }) => {
      const [finding] = check(function* main(sys) {
        const event = yield* sys.eventfd2(1, 0);
        const ep = yield* sys.epoll_create1(0);
        yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
        const ask: Epollsim.Program = function* (sys) {
          const { ret } = yield* sys.epoll_wait(ep, 1, 0);
          sys.assert(ret === 1, 'a pending event is found');
        };
        const first = yield* sys.pthread_create(ask);
        const second = yield* sys.pthread_create(ask);
        yield* sys.pthread_join(first);
        yield* sys.pthread_join(second);
      }).findings;
      return finding && { ...finding };
    });
    const [expected] = check(falseNegative).findings;
    expect(found?.sentence).toContain('a pending event is found');
    expect(found?.schedule).toBe(expected?.schedule);
    expect(found?.story).toEqual(expected?.story);
  });

  /** Whoever opens the console of a page that seems to work. */
  test('nothing is complained of', () => {
    expect(browser.complaints).toEqual([]);
  });
});
