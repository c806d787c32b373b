/**
 * Records a corpus: generates scenarios, drops the steps that turn out to be errors of the scenario,
 * and keeps the scenarios that give the same transcript every time.
 *
 * usage: record.ts --profile P [--seed S] [--count N] [--repeat R] --out DIRECTORY
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Machine } from './machine.ts';
import { PROFILES } from './profiles.ts';
import type { Scenario } from './scenario.ts';
import { playScenario, type Transcript } from './session.ts';

const MAX_REPAIRS = 30;
const MIN_STEPS = 8;

/** Which step the error of a transcript is about; undefined where no step can be blamed. */
function culprit({ error, results }: Transcript): number | undefined {
  if (error === undefined || /come to rest|died/.test(error)) return undefined;
  const named = /^step (\d+):/.exec(error)?.[1];
  if (named !== undefined) return Number(named);
  return results.reduce((last, entry) => Math.max(last, Number(entry.step)), -1) + 1;
}

/** The scenario without the steps that are errors, and its transcript. */
function repair(machine: Machine, scenario: Scenario): [Scenario, Transcript] | undefined {
  let current = scenario;
  for (let i = 0; i < MAX_REPAIRS; i++) {
    const transcript = playScenario(machine, current);
    if (transcript.error === undefined) return [current, transcript];
    const wrong = culprit(transcript);
    if (wrong === undefined) return undefined;
    current = { ...current, steps: current.steps.filter((_, index) => index !== wrong) };
  }
  return undefined;
}

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: 'basic' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100' },
    repeat: { type: 'string', default: '3' },
    out: { type: 'string', default: '.' },
  },
});
const profile = PROFILES[values.profile];
if (profile === undefined) throw new Error(`no profile "${values.profile}"`);

const machine = new Machine();
const scenarios: string[] = [];
const transcripts: string[] = [];
const dropped = { wrong: 0, unsteady: 0, short: 0 };
try {
  for (let i = 0; scenarios.length < Number(values.count); i++) {
    const name = `${values.profile}-${values.seed}-${i}`;
    const found = repair(machine, profile(name, name));
    if (found === undefined) {
      dropped.wrong++;
      continue;
    }
    const [scenario, transcript] = found;
    if (transcript.skipped !== undefined)
      throw new Error(`${name}: skipped: ${transcript.skipped}`);
    if (scenario.steps.length < MIN_STEPS) {
      dropped.short++;
      continue;
    }
    const text = JSON.stringify(transcript);
    let steady = true;
    for (let again = 1; steady && again < Number(values.repeat); again++) {
      const other = JSON.stringify(playScenario(machine, scenario));
      steady = other === text;
      if (!steady) process.stderr.write(`${name}: differs\n  ${text}\n  ${other}\n`);
    }
    if (!steady) {
      dropped.unsteady++;
      continue;
    }
    scenarios.push(JSON.stringify(scenario));
    transcripts.push(text);
  }
} finally {
  machine.close();
}
mkdirSync(values.out, { recursive: true });
const save = (suffix: string, lines: readonly string[]): void =>
  writeFileSync(join(values.out, `${values.profile}.${suffix}.ndjson`), `${lines.join('\n')}\n`);
save('scenarios', scenarios);
save('golden', transcripts);
process.stderr.write(
  `${values.profile}: ${scenarios.length} kept; dropped: ${dropped.wrong} wrong, ` +
    `${dropped.unsteady} unsteady, ${dropped.short} short\n`,
);
