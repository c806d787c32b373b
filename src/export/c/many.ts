/**
 * Many scenarios as one part of a C program: the runtime once, and behind it each scenario with its
 * calls and its table of steps.
 *
 * What is fixed when a program has one scenario is looked up here in `played`, the one that is played;
 * there is room for the largest. A part is for scenarios of one mode. It gives away one name, the
 * `struct group` of player.h, and the program that it is part of says which scenario to play.
 */
import * as errno from '../../kernel/uapi/errno.ts';
import { errnoName, signalName } from '../../kernel/uapi/names.ts';
import { forkedThreads } from '../../scenario/processes.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { dependsOnTime } from '../../scenario/timeouts.ts';
import { type Feature, type Guards, runtimeFor } from './parts.ts';
import * as program from './program.ts';
import * as words from './words.ts';
import { allSteps, Writer } from './writer.ts';

/** Scenarios that go together; their names differ and are not null. */
export interface ManyScenarios {
  /** Of the group: letters, digits and `-`. */
  readonly name: string;
  /** By which the rest of the program knows this part of it, see groupSymbol(). */
  readonly symbol: string;
  readonly scenarios: readonly Scenario[];
}

/** What scenarios of one part may need or not, as a bit of `played->needs`. */
const needs: readonly Feature[] = [
  'execve',
  'expires',
  'files',
  'network',
  'processes',
  'sleep',
  'terminals',
  'timed',
];

const guards: Guards = new Map([
  ...needs.map((one): [string, string] => [`@${one}`, `played->needs & NEEDS_${upper(one)}`]),
  ['held_pages', 'played->needs & NEEDS_HELD'],
  ['xs', 'XS > 0'],
]);

function upper(text: string): string {
  return text.toUpperCase();
}

/** A name in C for a group, or for a part of it. */
export const groupSymbol = (name: string): string => `group_${name.replace(/[^A-Za-z0-9]/g, '_')}`;

/** The text of the part; C11 with GNU's extensions. Throws where the modes differ. */
export function toManyC({ name, symbol, scenarios }: ManyScenarios): string {
  const [mode] = new Set(scenarios.map((one) => one.mode));
  if (mode === undefined || scenarios.some((one) => one.mode !== mode)) {
    throw new Error(`${name}: a part of a program has scenarios of one mode`);
  }
  const writers = scenarios.map((one) => new Writer(one, `${name}/${one.name}`));
  const code = scenarios.map((one, n) => oneText(one, n, writers[n] as Writer)).join('');
  const head = headText(scenarios, mode === 'concurrent');
  const features = new Set<Feature>(['many']);
  for (const one of scenarios) {
    for (const feature of program.featuresOf(one, allSteps(one))) features.add(feature);
  }
  const all = `${code}${tableText(name, scenarios)}${entryText({ name, symbol }, mode, features)}`;
  const runtime = withOwnNames(runtimeFor(head, all, features, guards));
  const defines = program.missingNames(`${runtime}${all}`) + straightToKernel(`${runtime}${all}`);
  const top = `/* The scenarios of the group "${name}". */\n#define _GNU_SOURCE\n#include "player.h"\n`;
  return `${top}${program.withDefines(runtime, defines)}${all}`;
}

/** What the runtime needs to know before it begins. */
function headText(scenarios: readonly Scenario[], isConcurrent: boolean): string {
  const all = scenarios.flatMap(allSteps);
  const most = (numbers: readonly number[]): number => Math.max(1, ...numbers);
  const lines = [
    `enum { THREADS = ${most(scenarios.map(({ threads }) => threads.length))} };`,
    '',
    '/* What a scenario needs around its calls. */',
    'enum need {',
    ...[...needs.map(upper), 'HELD'].map(
      (one, bit) => `\tNEEDS_${one} = 0x${(1 << bit).toString(16)},`,
    ),
    '};',
    '',
    ...(isConcurrent ? ['struct list {', '\tint first;', '\tint count;', '};', ''] : []),
    'struct scenario {',
    '\tconst char *name; /* As JSON. */',
    '\tint steps;',
    '\tunsigned int needs;',
    '\tuint32_t later; /* Bits of the threads that begin with a fork(), or are not there. */',
    '\tint lag_ms;',
    '\tsize_t room; /* More than any call reads. */',
    '\tsize_t xs; /* How many bytes a write of so many "x" passes at most. */',
    '\tvoid (*take)(int step);',
    '\tconst struct step *table;',
    '\tconst char *const *threads;',
    '\tconst char *const *names;',
    ...(isConcurrent
      ? ['\tint free;', '\tint after;', '\tint timeouts_ms;', '\tconst struct list *lists;']
      : []),
    '};',
    '',
    'static const struct scenario *played;',
    '',
    ...['NAME name', 'STEPS steps', 'LATER later', 'LAG_MS lag_ms', 'ROOM room', 'XS xs'].map(
      define,
    ),
    ...(isConcurrent ? ['FREE free', 'AFTER after', 'TIMEOUTS_MS timeouts_ms'].map(define) : []),
    `#define MOST_XS ${most([program.mostBytes(all)])}`,
    '',
    'static const char *const *threads;',
    'static const char *const *names;',
    ...(isConcurrent ? ['static const struct list *lists;'] : []),
    '',
    "/* The scenario's names for descriptors. */",
    `struct names {\n\tint at[${most(scenarios.map(({ names }) => names.length))}];\n};`,
  ];
  return `${lines.join('\n')}\n`;
}

function define(pair: string): string {
  const [macro, member] = pair.split(' ');
  return `#define ${macro} (played->${member})`;
}

/** One scenario: a function with its calls, and what goes with it. */
function oneText(scenario: Scenario, n: number, at: Writer): string {
  const steps = allSteps(scenario);
  const cases = steps.map((step, i) =>
    program.caseText(step, i, program.headingOf(scenario, step, i), at),
  );
  const rows = steps.map((step) => `\t{ ${program.rowOf(step, at)} },\n`);
  const about = scenario.about === '' ? '' : `: ${words.comment(scenario.about)}`;
  const fds = at.names.map((name) => `fd_${name}`);
  return [
    `\n/* ${words.comment(scenario.name ?? '')}${about} */\n\n`,
    `static void take_${n}(int step)\n{\n`,
    ...(fds.length === 0 ? [] : [`\tenum { ${fds.join(', ')} };\n\n`]),
    '\tswitch (step) {\n',
    ...cases,
    '\t}\n}\n\n',
    `static const struct step steps_${n}[] = {\n`,
    ...(rows.length === 0 ? ['\t{ 0 },\n'] : rows),
    '};\n',
    `static const char *const threads_${n}[THREADS] = { ${literals(scenario.threads)} };\n`,
    `static const char *const names_${n}[] = { ${literals([...scenario.names, ''])} };\n`,
    ...(scenario.mode === 'concurrent'
      ? [
          `static const struct list lists_${n}[THREADS] = { ${program.listsOf(scenario).lists.join(', ')} };\n`,
        ]
      : []),
  ].join('');
}

const literals = (texts: readonly string[]): string => texts.map(words.literal).join(', ');

/** The table of the scenarios, a row each. */
function tableText(name: string, scenarios: readonly Scenario[]): string {
  const rows = scenarios.map((one, n) => `\t{ ${rowText(one, n)} },\n`);
  const names = scenarios.map((one) => `\t${words.literal(one.name ?? '')},\n`);
  return [
    `\n/* ---- the group "${name}" ---- */\n\n`,
    `static const struct scenario scenarios[] = {\n${rows.join('')}};\n\n`,
    `static const char *const scenario_names[] = {\n${names.join('')}};\n`,
  ].join('');
}

function rowText(scenario: Scenario, n: number): string {
  const steps = allSteps(scenario);
  const lockstep = [...scenario.steps, ...scenario.after];
  const features = program.featuresOf(scenario, steps);
  const needed = needs.filter((one) => features.has(one)).map((one) => `NEEDS_${upper(one)}`);
  if (steps.some(({ args }) => 'buffer' in args && args.buffer === 'held'))
    needed.push('NEEDS_HELD');
  const begun = (1 << scenario.threads.length) - 1;
  const later = forkedThreads(scenario).reduce((mask, thread) => mask | (1 << thread), ~begun);
  const fields = [
    `.name = ${words.literal(JSON.stringify(scenario.name))}`,
    `.steps = ${steps.length}`,
    `.needs = ${needed.length === 0 ? '0' : needed.join(' | ')}`,
    `.later = 0x${(later >>> 0).toString(16)}`,
    `.lag_ms = ${lockstep.some(dependsOnTime) ? program.lagOf(lockstep) : 0}`,
    `.room = ${program.roomFor(steps)}`,
    `.xs = ${Math.max(0, program.mostBytes(steps))}`,
    `.take = take_${n}`,
    `.table = steps_${n}`,
    `.threads = threads_${n}`,
    `.names = names_${n}`,
  ];
  if (scenario.mode === 'concurrent') {
    const { free, after, timeouts_ms } = program.listsOf(scenario);
    fields.push(`.free = ${free}`, `.after = ${after}`, `.timeouts_ms = ${timeouts_ms}`);
    fields.push(`.lists = lists_${n}`);
  }
  return fields.join(', ');
}

/** What the rest of the program calls. */
function entryText(
  { name, symbol }: Pick<ManyScenarios, 'name' | 'symbol'>,
  mode: Scenario['mode'],
  features: ReadonlySet<Feature>,
): string {
  const isConcurrent = mode === 'concurrent';
  const run = isConcurrent ? 'run(loops)' : 'run()';
  const resumes = features.has('execve');
  return `
static void take(int step)
{
	played->take(step);
}

static void choose(int n)
{
	played = &scenarios[n];
	steps = played->table;
	threads = played->threads;
	names = played->names;
${isConcurrent ? '\tlists = played->lists;\n' : ''}}

static int play_one(int n, int loops)
{
${isConcurrent ? '' : '\t(void)loops;\n'}	choose(n);
	return ${run};
}
${
  resumes
    ? `
/* The scenario has called execve(). */
static void resume(int n, int thread)
{
	choose(n);
	go_on(thread);
}
`
    : ''
}
const struct group ${symbol} = {
	.name = ${words.literal(name)},
	.count = sizeof(scenarios) / sizeof(*scenarios),
	.names = scenario_names,
	.is_concurrent = ${isConcurrent ? 1 : 0},
	.play = play_one,
	.resume = ${resumes ? 'resume' : 'NULL'},
};
`;
}

/** Calls whose arguments some C library looks at itself, or that it refuses. */
const lookedAt: readonly string[] = ['epoll_create', 'dup3', 'accept4', 'sched_setscheduler'];

/** A kernel is to be tested and no C library; not every kernel has these numbers. */
const straightToKernel = (code: string): string =>
  lookedAt
    .filter((call) => code.includes(`${call}(`))
    .map(
      (call) =>
        `#ifdef SYS_${call}\n#define ${call}(...) syscall(SYS_${call}, __VA_ARGS__)\n#endif\n`,
    )
    .join('');

/** glibc has these names of late only, and other libraries not at all. */
const withOwnNames = (text: string): string =>
  text
    .replace(/\bstrerrorname_np\(/g, 'errno_name(')
    .replace(/\bsigabbrev_np\(/g, 'signal_abbrev(');

const greatestErrno = Math.max(...Object.values(errno).filter((one) => typeof one === 'number'));
const greatestSignal = 31;

/** The names of errors and signals as C: what player.h says of them. */
export function nameTables(): string {
  const range = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
  const errors = range(greatestErrno).filter((one) => errnoName(one).startsWith('E'));
  const signals = range(greatestSignal);
  const table = (name: string, rows: readonly string[]): string =>
    `static const char *const ${name}[] = {\n${rows.join('')}};\n`;
  const named = (of: number, name: string): string => `\t[${of}] = "${name}",\n`;
  return [
    table(
      'errors',
      errors.map((one) => named(one, errnoName(one))),
    ),
    '\n/* Without their "SIG". */\n',
    table(
      'signals',
      signals.map((one) => named(one, signalName(one).slice(3))),
    ),
    lookUp('errno_name', 'errors'),
    lookUp('signal_abbrev', 'signals'),
  ].join('');
}

const lookUp = (name: string, table: string): string => `
const char *${name}(int number)
{
	if (number <= 0 || (size_t)number >= sizeof(${table}) / sizeof(*${table}) || !${table}[number])
		return "UNKNOWN";
	return ${table}[number];
}
`;
