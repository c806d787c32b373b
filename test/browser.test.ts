/** What a page gets of the package, in a browser. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JSHandle } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import falseNegative from '../examples/false-negative.ts';
import { browserEntries, browserName, bundleForBrowsers, bundleOf } from '../scripts/browser.ts';
import { readManifest } from '../scripts/entries.ts';
import { shownSizes, sizes, tooLarge } from '../scripts/size.ts';
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

beforeAll(() => {
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts', built], {
    cwd: root,
    stdio: 'pipe',
  });
  cpSync(`${root}package.json`, `${built}/package.json`); // Says what a bundler may leave out.
}, 300_000);

describe('What is built for browsers', { timeout: 60_000 }, () => {
  /** Whoever opens a page on a phone: each byte that comes in is loaded by all of them. */
  test('is no larger than its bounds, and docs/package.md says how large', async () => {
    const rows = await sizes(built, readManifest());
    expect(tooLarge(rows)).toEqual([]);

    const shown = shownSizes();
    const renew = 'run "npm run size -- --page"';
    for (const { what, gzip } of rows) {
      const off = Math.abs((shown.get(what) ?? 0) - gzip) / gzip;
      expect(off, `${what} has ${gzip} bytes with gzip: ${renew}`).toBeLessThan(0.1);
    }
  });

  /** Whoever has made it larger, and is to decide what to do. */
  test('a bound that is passed says by how much, and what to do then', () => {
    const what = 'dist/browser/epollsim.js';
    const [found] = tooLarge([{ what, raw: 9e6, gzip: 2e6, brotli: 1e6 }]);
    expect(found).toMatch(/^dist.browser.epollsim\.js: 2000 kB with gzip, and at most \d+ kB were/);
    expect(found).toContain('raise the bound in scripts/size.ts');
  });

  /** Whoever has a bundler: what it leaves out of the package must not be needed. */
  test('simulate() works where nothing else was taken from the package', async () => {
    const text = await bundleOf(['simulate'], `${built}/src/index.js`);
    const module = `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
    const { simulate }: typeof Epollsim = await import(/* @vite-ignore */ module);
    const value = simulate(function* (sys) {
      const [reader, writer] = yield* sys.pipe2(0);
      yield* sys.write(writer, 'x');
      return yield* sys.read(reader, new Uint8Array(8));
    });
    expect(value).toBe(1);
  });

  /** A page that stops at `import "node:fs"`, which whoever wrote that has not seen in Node. */
  test.each(['node:fs', 'fs', 'epollsim-no-such-package'])(
    'is nothing where an entry needs %s',
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), 'epollsim-browser-'));
      mkdirSync(join(folder, 'src'));
      writeFileSync(join(folder, 'src/index.js'), `import '${name}'; export const x = 1;`);
      const manifest = {
        ...readManifest(),
        exports: { '.': { 'epollsim:src': '-', types: '-', default: './dist/src/index.js' } },
      };
      const made = bundleForBrowsers(folder, manifest).finally(() =>
        rmSync(folder, { recursive: true }),
      );
      await expect(made).rejects.toThrow(`imports ${name}, which no browser has`);
    },
  );

  /** Whoever hands the file on, and has to hand on the licences of what is inside. */
  test('has the licences of the packages inside', () => {
    const text = readFileSync(`${built}/browser/LICENSES.txt`, 'utf8');
    const names = [...text.matchAll(/^(\S+)\n=+$/gm)].map(([, name]) => name);
    expect(names).toEqual(['denque', 'fflate', 'functional-red-black-tree']);
  });

  /** Whoever steps through it in a debugger: the maps have no sources of their own. */
  test('has maps that lead to the modules beside it', () => {
    const maps = readdirSync(`${built}/browser`).filter((file) => file.endsWith('.map'));
    const sources = maps.flatMap((file): string[] => {
      return JSON.parse(readFileSync(`${built}/browser/${file}`, 'utf8')).sources;
    });
    const own = sources.filter((source) => !source.includes('node_modules'));
    expect(own).toContain('../src/kernel/core.js');
    expect(own.filter((source) => !existsSync(join(built, 'browser', source)))).toEqual([]);
  });
});

const executable = findChromium();
if (executable === null) {
  console.warn('skipped: no Chromium was found in PATH, nor is CHROMIUM set; no browser was tried');
}

const entries = browserEntries(readManifest()).map((entry) => [entry.name, entry] as const);

describe.skipIf(executable === null)('In a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  let epollsim: JSHandle<typeof Epollsim>;

  beforeAll(async () => {
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
