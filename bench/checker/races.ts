/**
 * The time from the start of a check to its first finding, for each race of races/, in one process; a
 * line of JSON each. Usage: races.ts REPEATS NAME…
 */
import { join } from 'node:path';
import type { RaceModule } from '../../src/check/race.ts';
import { median } from '../statistics.ts';
import { checkingOf } from './built.ts';

export interface Found {
  readonly name: string;
  readonly ns: number;
  /** How many executions it took. */
  readonly executions: number;
}

const [repeats, ...names] = process.argv.slice(2);
const races = join(import.meta.dirname, '../../races');

for (const name of names) {
  const { default: program, race }: RaceModule = await import(join(races, name, 'race.ts'));
  const options = { ...race.options, ...race.found };
  const times: number[] = [];
  let executions = 0;
  for (let i = 0; i < Number(repeats); i++) {
    const start = process.hrtime.bigint();
    const checking = checkingOf(program, options);
    while (checking.next());
    times.push(Number(process.hrtime.bigint() - start));
    if (checking.findings === 0) throw new Error(`${name}: nothing was found`);
    executions = checking.executions;
  }
  const found: Found = { name, ns: median(times), executions };
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
