/** races/: each is found on the kernel that had it, and on the one with the fix nothing is. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type CheckOptions, check, type Verdict } from '../../src/check/check.ts';
import type { RaceModule } from '../../src/check/race.ts';
import { commits } from '../../src/kernel/history.ts';
import type { Program } from '../../src/syscalls/sys.ts';

const folder = new URL('../../races/', import.meta.url);
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const slow = { timeout: 120_000 };

const load = (name: string): Promise<RaceModule> => import(`../../races/${name}/race.ts`);

/** Races that share their program and their fixed kernel share the check. */
const covered = new Map<Program, Map<string, Verdict>>();

function cover(program: Program, options: CheckOptions): Verdict {
  const known = covered.get(program) ?? new Map<string, Verdict>();
  covered.set(program, known);
  const key = JSON.stringify(options);
  const verdict = known.get(key) ?? check(program, options);
  known.set(key, verdict);
  return verdict;
}

const kindsOn = ({ default: program }: RaceModule, options: CheckOptions): string[] =>
  check(program, { findings: 'first', ...options }).findings.map(({ kind }) => kind);

describe.each(names)('%s', (name) => {
  test('it is found on the kernel that has it', slow, async () => {
    const module = await load(name);
    const { alone, finding, found, options } = module.race;
    for (const kernel of alone === undefined ? [found] : [found, alone]) {
      expect(kindsOn(module, { ...options, ...kernel })).toEqual([finding]);
    }
  });

  test('no interleaving shows it where it is mended', slow, async () => {
    const { default: program, mended, race } = await load(name);
    const { complete, findings } = cover(mended ?? program, { ...race.options, ...race.absent });

    expect(findings).toEqual([]);
    expect(complete).toBe(true);
  });

  /** Who looks the fix up, or reads the page without the command. */
  test('its page has an interleaving and the fix, and its commit is known', async () => {
    const { mended, race } = await load(name);
    const page = readFileSync(new URL(`${name}/README.md`, folder), 'utf8');
    const [commit = ''] = race.fix.split(' ');

    expect(page.startsWith(`# ${race.title}\n`)).toBe(true);
    expect(page).toMatch(/^\|( -+ \|)+$/m);
    expect(page).toContain('## The fix');
    if (mended === undefined) {
      expect(Object.keys(commits).some((id) => id.startsWith(commit))).toBe(true);
      expect(page).toContain(commit);
    }
  });
});
