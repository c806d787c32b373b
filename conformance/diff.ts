/**
 * Compares transcripts with recorded ones and shows the steps around each first difference.
 *
 * usage: diff.ts [--show K] [--before B] [--after A] SCENARIOS GOLDEN ACTUAL
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Scenario, Step } from './scenario.ts';
import type { Entry, Transcript } from './session.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    show: { type: 'string', default: '5' },
    before: { type: 'string', default: '12' },
    after: { type: 'string', default: '2' },
  },
});

const lines = (file: string | undefined): string[] => {
  if (file === undefined) throw new Error('usage: diff.ts [--show K] SCENARIOS GOLDEN ACTUAL');
  return readFileSync(file === '-' ? 0 : file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
};

const plain = (value: unknown): string => JSON.stringify(value)?.replaceAll('"', '') ?? '';

function describe({ thread, call, args, bind }: Step): string {
  const list = Object.entries(args)
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join(', ');
  const names = bind === undefined ? '' : ` > ${bind.join(', ')}`;
  return `${thread === undefined ? '' : `${thread}: `}${call}(${list})${names}`;
}

function outcome(entry: Entry): string {
  const { step, after, ...rest } = entry;
  return `${after === undefined ? '' : `[${String(step)}] `}${plain(rest)}`;
}

/** The step after which an entry stands. */
const placeOf = (entry: Entry): number => Number(entry.after ?? entry.step);

/** The entries of a transcript by the step after which they stand. */
function byPlace(transcript: Transcript): Map<number, string[]> {
  const places = new Map<number, string[]>();
  for (const entry of transcript.results) {
    const place = placeOf(entry);
    places.set(place, [...(places.get(place) ?? []), outcome(entry)]);
  }
  return places;
}

/** What stands last: who is still blocked, or the error. */
const ending = ({ blocked, error, skipped }: Transcript): string =>
  error !== undefined
    ? `error: ${error}`
    : skipped !== undefined
      ? `skipped: ${skipped}`
      : `blocked: ${plain(blocked ?? [])}`;

function show(scenario: Scenario, golden: Transcript, actual: Transcript): void {
  const expected = byPlace(golden);
  const found = byPlace(actual);
  const text = (places: Map<number, string[]>, step: number): string =>
    (places.get(step) ?? ['nothing']).join('  ');
  const count = scenario.steps.length;
  let first = 0;
  while (first < count && text(expected, first) === text(found, first)) first++;
  console.log(`# ${scenario.name}`);
  const low = Math.max(0, first - Number(values.before));
  const high = Math.min(count - 1, first + Number(values.after));
  const related = first < count ? relatedSteps(scenario, first, low) : [];
  if (related.length > 0) console.log('     …');
  for (const index of related) line(index);
  if (related.length > 0) console.log('     …');
  for (let index = low; index <= high; index++) line(index);
  if (ending(golden) !== ending(actual)) {
    console.log(`     golden ${ending(golden)}\n     actual ${ending(actual)}`);
  }
  console.log('');

  function line(index: number): void {
    const [left, right] = [text(expected, index), text(found, index)];
    const head = `${index === first ? '>' : ' '}${String(index).padStart(3)} `;
    console.log(`${head}${describe(scenario.steps[index] as Step)}`);
    if (left === right) console.log(`       = ${left}`);
    else console.log(`       golden ${left}\n       actual ${right}`);
  }
}

/** Earlier steps, before the window, that use a descriptor of the step in question or create one. */
function relatedSteps(scenario: Scenario, at: number, low: number): number[] {
  const wanted = new Set(plain(scenario.steps[at]?.args).match(/\$\w+/g) ?? []);
  for (const { args } of scenario.steps.slice(0, at)) {
    if (typeof args.epfd === 'string' && wanted.has(args.epfd) && typeof args.fd === 'string') {
      wanted.add(args.fd);
    }
  }
  const found: number[] = [];
  scenario.steps.slice(0, low).forEach((step, index) => {
    const names = [
      ...(plain(step.args).match(/\$\w+/g) ?? []),
      ...(step.bind ?? []).map((name) => `$${name}`),
    ];
    const passive = /^epoll_p?wait2?$/.test(step.call);
    if (!passive && names.some((name) => wanted.has(name))) found.push(index);
  });
  return found;
}

const scenarios = lines(positionals[0]).map((line) => JSON.parse(line) as Scenario);
const golden = lines(positionals[1]);
const actual = lines(positionals[2]);
const kinds = new Map<string, number>();
let differing = 0;
scenarios.forEach((scenario, index) => {
  const [expected, found] = [golden[index], actual[index]];
  if (expected === found) return;
  differing++;
  if (expected === undefined || found === undefined) {
    console.log(`# ${scenario.name}: only ${found === undefined ? 'golden' : 'actual'} has it\n`);
    return;
  }
  const [left, right] = [JSON.parse(expected) as Transcript, JSON.parse(found) as Transcript];
  const at = firstDifference(left, right);
  const call = scenario.steps[at]?.call ?? 'the end';
  kinds.set(call, (kinds.get(call) ?? 0) + 1);
  if (differing <= Number(values.show)) show(scenario, left, right);
});

function firstDifference(left: Transcript, right: Transcript): number {
  const at = left.results.findIndex((entry, i) => plain(entry) !== plain(right.results[i] ?? null));
  if (at < 0)
    return right.results.length > left.results.length
      ? placeOf(right.results[left.results.length] as Entry)
      : -1;
  return placeOf(left.results[at] as Entry);
}

console.log(
  `${scenarios.length} scenarios: ${scenarios.length - differing} equal, ${differing} differ`,
);
for (const [call, count] of [...kinds].sort((a, b) => b[1] - a[1])) {
  console.log(`  ${count} first differ at ${call}`);
}
process.exitCode = differing === 0 ? 0 : 1;
