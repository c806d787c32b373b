import { expect, test } from 'vitest';
import { raceNames } from '../../src/cli/races.ts';
import { epollsim, slow } from './run.ts';

interface Listed {
  readonly name: string;
  readonly title: string;
  readonly fix: string;
}

/** Who looks for a race that looks like his. */
test('races lists every race with its title, releases and fix', slow, () => {
  const { code, out } = epollsim(['races']);

  expect(code).toBe(0);
  for (const name of raceNames()) expect(out).toContain(`${name}\n    `);
  expect(out).toContain('in 6.4 to 7.0; use-after-free\n    fix: a6dc643c6931 ');
});

test('races --json is an array of at least twenty', slow, () => {
  const listed = JSON.parse(epollsim(['races', '--json']).out) as Listed[];

  expect(listed.map(({ name }) => name)).toEqual(raceNames());
  expect(listed.length).toBeGreaterThanOrEqual(20);
  expect(listed.find(({ name }) => name === 'bad-epoll')).toMatchObject({
    releases: '6.4 to 7.0',
    finding: 'use-after-free',
    found: { kernel: '6.18' },
    absent: { kernel: '7.1' },
  });
});

/** The page is written by hand; the interleaving is not. */
test('races NAME prints the page and what the checker finds now', slow, () => {
  const { code, out } = epollsim(['races', 'bad-epoll']);

  expect(code).toBe(0);
  expect(out).toMatch(/^# Closing an epoll and the epoll that it watches\n/);
  expect(out).toContain('## The fix');
  expect(out).toContain('races/bad-epoll/race.ts on 6.18: 1 finding');
  expect(out).toContain('use after free: eventpoll, by closes outer');
  expect(out).toContain('# epollsim schedule 1');
});

test('races NAME --json has the page, the program and the verdict', slow, () => {
  const shown = JSON.parse(epollsim(['races', 'bad-epoll', '--json']).out) as object;

  expect(shown).toMatchObject({
    name: 'bad-epoll',
    page: expect.stringContaining('## The fix'),
    program: expect.stringContaining('export default function* main'),
    verdict: { kernel: '6.18', findings: [{ kind: 'use-after-free' }] },
  });
});

test.each([
  ['bad-epol', 'did you mean bad-epoll?'],
  ['ovflist', 'did you mean ovflist-order?'],
  ['heisenbug', 'epollsim races lists them'],
])('races %s is refused, and says "%s"', slow, (name, hint) => {
  const { code, err, out } = epollsim(['races', name]);

  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(`expected the name of a race, found "${name}": ${hint}`);
});
