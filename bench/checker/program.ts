/**
 * A standard program, checked again and again for some seconds in one thread, in a process of its own;
 * a line of JSON. Usage: program.ts NAME SECONDS
 */
import { programOf, standards } from '../programs.ts';
import { median } from '../statistics.ts';
import { checkingOf, explore, subjectOf } from './built.ts';
import { interleavings } from './enumeration.ts';

export interface Checked {
  readonly executions: number;
  readonly redundant: number;
  readonly complete: boolean;
  /** Of one execution, on average. */
  readonly steps: number;
  /** For one execution, the median. */
  readonly ns: number;
  /** For all of them; the median. */
  readonly total_ns: number;
  /** Without any reduction; null where they are too many to count. */
  readonly interleavings: number | null;
}

/** So many of the first executions tell how long one is. */
const keep = 1000;

const [name, seconds = ''] = process.argv.slice(2);
const standard = standards.find((one) => one.name === name);
if (standard === undefined) throw new Error(`there is no program "${name}"`);
const program = await programOf(standard);

const options = { sharedMemory: false, executions: 1e9, seconds: Number(seconds) * 10, keep };

/** One check from its start to its end. */
function checkOnce(): Omit<Checked, 'ns' | 'interleavings'> {
  const start = process.hrtime.bigint();
  const checking = checkingOf(program, options);
  while (checking.next());
  const total_ns = Number(process.hrtime.bigint() - start);
  const { complete, executions, findings, paths, redundant } = checking.verdict();
  if (findings.length > 0) throw new Error(`${name}: ${findings[0]?.sentence}`);
  const steps = paths.reduce((sum, path) => sum + path.length, 0) / paths.length;
  return { executions, redundant, complete, steps, total_ns };
}

const end = performance.now() + Number(seconds) * 1000;
const half = performance.now() + Number(seconds) * 500;
let last = checkOnce();
const totals = [last.total_ns];
while (performance.now() < end) {
  last = checkOnce();
  if (totals.length > 0 && performance.now() < half) totals.length = 0; // It is still being compiled.
  totals.push(last.total_ns);
}
const total_ns = median(totals);
const all = standard.small === true ? interleavings(explore, subjectOf(program, {})) : null;
const checked: Checked = { ...last, total_ns, ns: total_ns / last.executions, interleavings: all };
process.stdout.write(`${JSON.stringify(checked)}\n`);
