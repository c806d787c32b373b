import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type CommitId,
  commitOf,
  commits,
  defaultKernel,
  knownReleases,
  newestKernel,
  oldestKernel,
  patchedKernel,
  rankOf,
} from '../../src/kernel/history.ts';

const ids = Object.keys(commits) as CommitId[];
const added = (kernel: string): CommitId[] => ids.filter((id) => patchedKernel({ kernel })[id]);

/** Users ask for "the kernel on my machine": 6.18 unless they say otherwise. */
test('a machine without a choice has the commits up to 6.18', () => {
  expect(defaultKernel).toBe('6.18');
  expect(patchedKernel()).toEqual(patchedKernel({ kernel: '6.18' }));
  for (const id of ids) {
    expect(patchedKernel()[id]).toBe(rankOf(commits[id].release) <= rankOf('6.18'));
  }
});

/** A bug is found by building the last release that has it. */
test.each(ids.filter((id) => patchedKernel({ kernel: oldestKernel })[id] === false))(
  'commit %s is in its release and not in the one before',
  (id) => {
    const { release } = commits[id];
    const [, major = '', minor = '', rc] = /^(\d+)\.(\d+)(?:-rc(\d+))?$/.exec(release) ?? [];
    const last: Record<string, string> = { '5': '4.20', '6': '5.19', '7': '6.19' };
    const previous = Number(minor) > 0 ? `${major}.${Number(minor) - 1}` : (last[major] ?? '');
    const before = Number(rc ?? 0) > 1 ? `${major}.${minor}-rc${Number(rc) - 1}` : previous;

    expect(patchedKernel({ kernel: release })[id]).toBe(true);
    expect(patchedKernel({ kernel: before })[id]).toBe(false);
  },
);

/** 6.9 is older than 6.15, and 5.7-rc4 older than 5.7, which a comparison of texts gets wrong. */
test('releases are ordered by number, candidates before what they become', () => {
  const releases = ['2.6.38', '3.3', '4.4', '5.7-rc4', '5.7-rc5', '5.7-rc10', '5.7', '5.10', '6.9'];
  const ranks = [...releases, '6.15', '7.3'].map(rankOf);

  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
  expect(new Set(ranks).size).toBe(ranks.length);
  expect(added(newestKernel)).toEqual(ids);
});

/** What `epollsim kernels` prints. */
test('the known releases run from the oldest to the newest, in order', () => {
  const ranks = knownReleases.map(rankOf);

  expect([knownReleases[0], knownReleases.at(-1)]).toEqual([oldestKernel, newestKernel]);
  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
});

/** A fix is shown to matter by taking it out. */
test('single commits can be taken out and put in, by abbreviated ids too', () => {
  const patched = patchedKernel({
    kernel: '6.8',
    without: ['7fab29e35630'],
    with: ['f2e467a', '0c43094f8cc9a2d3f4f8a9c0e1b2d3f4a5b6c7d8'],
  });

  expect(patched['7fab29e35630']).toBe(false);
  expect(patched.f2e467a48287).toBe(true);
  expect(patched['0c43094f8cc9']).toBe(true);
  expect(patched.ae3a4f1fdc2c).toBe(false);
});

/** Asking costs nothing where a kernel is asked at every callback. */
test('a kernel that differs in single commits has the same properties in the same order', () => {
  expect(Object.keys(patchedKernel({ with: ['a6dc643c6931'] }))).toEqual(ids);
  expect(Object.values(patchedKernel()).every((has) => typeof has === 'boolean')).toBe(true);
});

/** What a later commit made idle is said to be so, and not silently ignored. */
test('the commit that made one idle came later', () => {
  for (const { until, release } of Object.values(commits)) {
    if (until === undefined) continue;
    expect(rankOf(commits[until].release)).toBeGreaterThanOrEqual(rankOf(release));
  }
});

/** A list that nobody holds against the model drifts. What no order of the model shows says so. */
test('every commit has a test that names it, or needs another memory order', () => {
  const texts = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.endsWith('history.test.ts'))
    .map((file) => readFileSync(`test/${file}`, 'utf8'))
    .join('\n');
  const untested = ids.filter((id) => commits[id].memory === undefined && !texts.includes(id));

  expect(untested).toEqual([]);
});

/** The page is made from the list: `UPDATE_DOCS=1 npx vitest run test/kernel/history.test.ts`. */
test('docs/history.md has every commit, with release and effect', () => {
  const path = 'docs/history.md';
  const rows = [...ids]
    .sort((a, b) => rankOf(commits[a].release) - rankOf(commits[b].release))
    .map((id) => {
      const { title, release, effect, until, memory } = commits[id];
      const idle = until === undefined ? '' : `; idle since \`${until}\``;
      const only = memory === undefined ? '' : `; only with ${memory} memory`;
      return `| ${release} | \`${id}\` | ${title} | ${effect}${idle}${only} |`;
    });
  const text = readFileSync(path, 'utf8');
  const at = text.indexOf('| release |');
  const table = ['| release | commit | title | effect |', '| --- | --- | --- | --- |', ...rows, ''];
  const wanted = text.slice(0, at) + table.join('\n');
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, wanted);

  expect(readFileSync(path, 'utf8')).toBe(wanted);
});

describe('what is no release or no commit', () => {
  /** A typo must not silently model another kernel. */
  test.each(['7.4', '4.3', '4.4-rc8', '2.6', '2.6.38', '6', '6.18.2', '5.7-rc', 'six', ''])(
    'kernel "%s" is refused',
    (kernel) => {
      expect(() => patchedKernel({ kernel })).toThrow(
        `unknown kernel "${kernel}": expected a release from ${oldestKernel} to ${newestKernel}, such as 6.18`,
      );
    },
  );

  /** The message says what there is. */
  test.each(['deadbeef', 'f2e467', ''])(
    'commit "%s" is refused, and the known ones named',
    (id) => {
      expect(() => patchedKernel({ without: [id] })).toThrow(
        `unknown commit "${id}": expected 7 digits or more of one of ${ids.join(', ')}`,
      );
    },
  );

  /** The names of properties that all objects have are not ids. */
  test('"constructor" is no commit', () => {
    expect(() => commitOf('constructor')).toThrow(/unknown commit "constructor"/);
  });
});

/** 5.10 written as a number is 5.1, and nobody would notice. */
test('a release that is a number is refused', () => {
  expect(() => patchedKernel({ kernel: 5.1 as unknown as string })).toThrow(
    "kernel: expected a release as a text, such as '6.18', found 5.1",
  );
});
