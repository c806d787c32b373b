import { describe, expect, test } from 'vitest';
import {
  type CommitId,
  commits,
  defaultKernel,
  newestKernel,
  oldestKernel,
  patchedKernel,
} from '../../src/kernel/history.ts';

const ids = Object.keys(commits) as CommitId[];
const added = (kernel: string): CommitId[] => ids.filter((id) => patchedKernel({ kernel })[id]);

/** Users ask for "the kernel on my machine": 6.18 unless they say otherwise. */
test('a machine without a choice has every commit up to 6.18', () => {
  expect(defaultKernel).toBe('6.18');
  expect(patchedKernel()).toEqual(patchedKernel({ kernel: '6.18' }));
  expect(Object.values(patchedKernel()).every(Boolean)).toBe(true);
});

/** A bug is found by building the last release that has it. */
test.each(ids.filter((id) => patchedKernel({ kernel: oldestKernel })[id] === false))(
  'commit %s is in its release and not in the one before',
  (id) => {
    const { release } = commits[id];
    const [major = 0, minor = 0] = release.split('.').map(Number);
    const before = minor > 0 ? `${major}.${minor - 1}` : '5.19';

    expect(patchedKernel({ kernel: release })[id]).toBe(true);
    expect(patchedKernel({ kernel: before })[id]).toBe(false);
  },
);

/** 6.9 is older than 6.15, which a comparison of texts gets wrong. */
test('releases are ordered by number', () => {
  expect(added('6.9').length).toBeLessThan(added('6.15').length);
  expect(added('6.9')).toContain('18e2bf0edf4d');
  expect(added(newestKernel)).toEqual(ids);
});

/** A fix is shown to matter by taking it out. */
test('single commits can be taken out and put in', () => {
  const patched = patchedKernel({
    kernel: '6.8',
    without: ['7fab29e35630'],
    with: ['f2e467a48287'],
  });

  expect(patched['7fab29e35630']).toBe(false);
  expect(patched.f2e467a48287).toBe(true);
  expect(patched.ae3a4f1fdc2c).toBe(false);
});

describe('what is no release or no commit', () => {
  /** A typo must not silently model another kernel. */
  test.each(['6.19', '4.19', '2.6', '6', '6.18.2', 'six', ''])(
    'kernel "%s" is refused',
    (kernel) => {
      expect(() => patchedKernel({ kernel })).toThrow(
        `unknown kernel "${kernel}": expected a release from ${oldestKernel} to 6.18, such as 6.18`,
      );
    },
  );

  /** The message says what there is. */
  test('an unknown commit is refused, and the known ones are named', () => {
    expect(() => patchedKernel({ without: ['deadbeef'] })).toThrow(
      `unknown commit "deadbeef": expected one of ${ids.join(', ')}`,
    );
  });
});

/** 5.10 written as a number is 5.1, and nobody would notice. */
test('a release that is a number is refused', () => {
  expect(() => patchedKernel({ kernel: 5.1 as unknown as string })).toThrow(
    "kernel: expected a release as a text, such as '6.18', found 5.1",
  );
});
