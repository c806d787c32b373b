import { expect, test } from 'vitest';
import { commits, knownReleases } from '../../src/kernel/history.ts';
import { epollsim, slow } from './run.ts';

interface Listed {
  readonly id: string;
  readonly release: string;
}

const listed = (...args: string[]): Listed[] =>
  JSON.parse(epollsim(['kernels', '--json', ...args]).out) as Listed[];

/** Who looks for the id of a fix that is known by its title. */
test('kernels lists every release and commit, with title and effect', slow, () => {
  const { code, out } = epollsim(['kernels']);

  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`^releases: ${knownReleases.join(' ')} `));
  for (const [id, { title, effect }] of Object.entries(commits)) {
    expect(out).toContain(id);
    expect(out).toContain(title);
    expect(out).toContain(effect);
  }
});

/** Scripts that try a program on each side of each commit. */
test('kernels --json is an array of all commits, oldest first', slow, () => {
  const found = listed();

  expect(found.map(({ id }) => id).sort()).toEqual(Object.keys(commits).sort());
  expect(found[0]).toEqual({ id: 'a57de0b4336e', ...commits.a57de0b4336e });
});

/** What exactly a bug was found on. */
test('kernels --kernel lists what a release has, changed as told', slow, () => {
  const ids = listed('--kernel', '5.7-rc4', '--with', '412895f', '--without', '339ddb5').map(
    ({ id }) => id,
  );

  expect(ids).toContain('412895f03cbf');
  expect(ids).toContain('1b53734bd0b2');
  expect(ids).not.toContain('339ddb53d373');
  expect(ids).not.toContain('0c54a6a44bf3');
});

test('kernels refuses what is no release and no option', slow, () => {
  const wrong = epollsim(['kernels', '--kernel', '7.4']);

  expect([wrong.code, wrong.out]).toEqual([2, '']);
  expect(wrong.err).toContain('unknown kernel "7.4": expected a release from 4.4 to 7.3');
  expect(epollsim(['kernels', 'more']).err).toContain('kernels: expected no file, found "more"');
});
