import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** The scenarios that came from somewhere else, whatever group they are in. */
const scenarios = readdirSync(new URL('corpus/linux-6.18/', root))
  .filter((file) => file.endsWith('.scenarios.ndjson'))
  .flatMap((file) => read(`corpus/linux-6.18/${file}`).trimEnd().split('\n'))
  .map((line) => (JSON.parse(line) as { name: string }).name)
  .filter((name) => /^(selftest|ltp)-/.test(name));

/** The rows of both tables: the case, the scenarios, all that the row says. */
const rows = read('docs/corpus-origins.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => ({
    origin: /^\| `([^`]+)`/.exec(line)?.[1],
    names: [...line.matchAll(/`((?:selftest|ltp)-[^`]+)`/g)].map((match) => match[1] as string),
    line,
  }));

describe('Where the corpus comes from', () => {
  /** A case that is forgotten is one that nobody knows the answer to. */
  test('each of the 64 cases of epoll_wakeup_test.c is a scenario', () => {
    for (let n = 1; n <= 64; n++) {
      expect(
        rows.find(({ origin }) => origin === `epoll${n}`)?.names ?? [],
        `epoll${n}`,
      ).not.toEqual([]);
    }
  });

  /** A case without a scenario has to say why. */
  test('each of the 34 programs of LTP is a scenario, or its row gives the reason', () => {
    const programs = rows.filter(({ origin }) => /^epoll_/.test(origin ?? ''));

    expect(programs).toHaveLength(34);
    for (const { names, line } of programs) {
      if (names.length === 0) expect(line).toMatch(/\| none \| .{40,} \|$/);
    }
  });

  /** A name that is nowhere in the corpus leads whoever looks for it astray. */
  test('the page names the scenarios that there are, each once', () => {
    expect(rows.flatMap(({ names }) => names).sort()).toEqual(scenarios.sort());
  });
});
