/**
 * A scenario as one self-contained C program for Linux, which prints its transcript.
 *
 * The program is the runtime, cut down to what is needed, and behind it the scenario: a table that
 * says which thread takes which step, and a function with the calls, a case a step.
 */
import * as uapi from '../../kernel/uapi/index.ts';
import { forkedThreads, processCalls } from '../../scenario/processes.ts';
import type { Scenario, Step } from '../../scenario/scenario.ts';
import { dependsOnTime, timeoutOf } from '../../scenario/timeouts.ts';
import { linesOf } from './calls.ts';
import { type Feature, runtimeFor } from './parts.ts';
import * as words from './words.ts';
import { allSteps, Writer } from './writer.ts';

export interface COptions {
  /** How often a concurrent scenario is played where the command line does not say; 10,000. */
  readonly loops?: number;
  /** The interleaving that shows something, for the comment at the top: a line a step. */
  readonly interleaving?: readonly string[];
  /** The text of the outcome that it leads to, which the program then looks for. */
  readonly sought?: string;
}

export const defaultLoops = 10_000;

/** The text of the program; C11 with GNU's extensions, for `cc -std=gnu11 -pthread`. */
export function toC(scenario: Scenario, options: COptions = {}): string {
  const at = new Writer(scenario);
  const steps = allSteps(scenario);
  const features = featuresOf(scenario, steps, options);
  const code = scenarioText(scenario, steps, at, options);
  const head = headText(scenario, steps, at, options) + namesText(scenario, code);
  const runtime = runtimeFor(head, code, features);
  const defines = missingNames(`${runtime}${code}`);
  return `${topComment(scenario, options)}#define _GNU_SOURCE\n${withDefines(runtime, defines)}\n${code}`;
}

/** Names that the headers of a C library may lack: Linux has got them of late, or few use them. */
const younger: readonly string[] = [
  ...['EPOLLNVAL', 'EPOLL_URING_WAKE', 'PIDFD_NONBLOCK', 'PIDFD_THREAD'],
  ...['SO_PREFER_BUSY_POLL', 'SO_BUSY_POLL_BUDGET', 'SO_NETNS_COOKIE', 'SO_BUF_LOCK', 'SO_INQ'],
  ...['SO_RESERVE_MEM', 'SO_TXREHASH', 'SO_RCVMARK', 'SO_PASSPIDFD', 'SO_PEERPIDFD'],
  ...['SO_PASSRIGHTS', 'SO_RCVPRIORITY', 'TCP_AO_ADD_KEY', 'TCP_AO_DEL_KEY', 'TCP_AO_INFO'],
  ...['TCP_AO_GET_KEYS', 'TCP_AO_REPAIR', 'TCP_IS_MPTCP', 'TCP_RTO_MAX_MS', 'TCP_RTO_MIN_US'],
  ...[
    'POLLREMOVE',
    'TCP_DELACK_MAX_US',
    'CLOCK_SGI_CYCLE',
    'IPPROTO_L2TP',
    'IPPROTO_MPTCP',
    'MSG_PROBE',
  ],
];

export const missingNames = (text: string): string =>
  younger
    .filter((name) => new RegExp(`\\b${name}\\b(?!")`).test(text))
    .map((name) => `#ifndef ${name}\n#define ${name} 0x${numberOf(name).toString(16)}\n#endif\n`)
    .join('');

const numberOf = (name: string): number =>
  ((uapi as Record<string, unknown>)[name] as number) >>> 0;

export const withDefines = (text: string, defines: string): string =>
  text.replace('#include <unistd.h>\n', (line) => `${line}${defines}`);

export function featuresOf(
  scenario: Scenario,
  steps: readonly Step[],
  { sought }: COptions = {},
): ReadonlySet<Feature> {
  const features = new Set<Feature>();
  const add = (feature: Feature, isNeeded: boolean): void => {
    if (isNeeded) features.add(feature);
  };
  const lockstep = [...scenario.steps, ...scenario.after];
  add('concurrent', scenario.mode === 'concurrent');
  add('sought', sought !== undefined);
  add(
    'processes',
    steps.some(({ call }) => processCalls.has(call)),
  );
  add(
    'execve',
    steps.some(({ call }) => call === 'execve'),
  );
  add(
    'sleep',
    steps.some(({ call }) => call === 'sleep'),
  );
  add('timed', lockstep.some(dependsOnTime));
  add(
    'expires',
    scenario.concurrent.flat().some((step) => (timeoutOf(step) ?? 0) > 0),
  );
  add('network', steps.some(usesNetwork));
  add('files', steps.some(usesFiles));
  add(
    'terminals',
    lockstep.some((step) => step.call === 'open' && step.args.path === '/dev/ptmx'),
  );
  return features;
}

/** Sockets other than AF_UNIX ones get a network of their own, and so do abstract names. */
const usesNetwork = (step: Step): boolean =>
  ((step.call === 'socket' || step.call === 'socketpair') && step.args.domain !== 1) ||
  (step.call === 'bind' && step.args.path?.startsWith('@') === true);

const usesFiles = ({ args }: Step): boolean =>
  Object.values(args as Readonly<Record<string, unknown>>).some(
    (value) => typeof value === 'object' && value !== null && 'path' in value,
  ) || ['path', 'from'].some((name) => typeof (args as Record<string, unknown>)[name] === 'string');

/**
 * By how much the steps may be late, in ms. Moments that are to be told apart differ by 20 ms or
 * more; where nothing is timed but calls that all wait equally long, they end in their order anyway.
 */
export function lagOf(steps: readonly Step[]): number {
  const others = steps.some(({ call }) => call === 'sleep' || call === 'timerfd_settime');
  const spans = new Set(steps.map((step) => timeoutOf(step) ?? 0).filter((span) => span > 0));
  const [only = 0] = spans;
  return others || spans.size !== 1 ? 8 : Math.max(8, only / 4);
}

function topComment({ name, about, mode }: Scenario, options: COptions): string {
  const lines = [
    words.comment(name ?? 'a scenario') + (about === '' ? '' : `: ${words.comment(about)}`),
    '',
  ];
  if (mode === 'concurrent') {
    lines.push(
      'Plays the scenario again and again, each time in a fresh process, and prints the outcomes',
      'that came up as one line of JSON. A real kernel need not show every one on demand.',
      '',
      '  cc -std=gnu11 -Wall -Wextra -pthread this.c && ./a.out --loops 100000',
    );
  } else {
    lines.push(
      'Makes the calls of the scenario, one step after the other, and prints what they returned as',
      'one line of JSON. Exit status: 0 it was played, 1 it hangs, 75 this machine cannot keep the',
      "scenario's time, 77 it cannot be played here.",
      '',
      '  cc -std=gnu11 -Wall -Wextra -pthread this.c && ./a.out',
    );
  }
  if (options.interleaving !== undefined) {
    lines.push('', 'The interleaving that shows it:', '');
    lines.push(...options.interleaving.map((line) => `  ${words.comment(line)}`));
  }
  return `/*\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
}

/** What the runtime needs to know before it begins. */
function headText(
  scenario: Scenario,
  steps: readonly Step[],
  at: Writer,
  { sought }: COptions,
): string {
  const { threads, name, mode } = scenario;
  const later = forkedThreads(scenario).reduce((mask, thread) => mask | (1 << thread), 0);
  const lockstep = [...scenario.steps, ...scenario.after];
  const fds = at.names.length === 0 ? 'none' : at.names.join(', ');
  const lines = [
    `#define NAME ${words.literal(JSON.stringify(name))} /* As JSON. */`,
    `#define STEPS ${steps.length}`,
    `#define LATER 0x${later.toString(16)}u /* Bits of the threads that begin with a fork(). */`,
    ...(mode === 'concurrent' ? concurrentDefines(scenario) : []),
    ...(lockstep.some(dependsOnTime) ? [`#define LAG_MS ${lagOf(lockstep)}`] : []),
    ...(sought === undefined ? [] : [`#define SOUGHT ${words.literal(sought)}`]),
    `#define ROOM ${roomFor(steps)} /* More than any call reads. */`,
    ...xsFor(steps),
    '',
    `enum { ${at.threads.join(', ')}, THREADS };`,
    `static const char *const threads[] = { ${threads.map(words.literal).join(', ')} };`,
    '',
    "/* The scenario's names for descriptors. */",
    `struct names {\n\tint ${fds};\n};`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The same as texts, for messages about them. */
const namesText = ({ names }: Scenario, code: string): string =>
  code.includes('FD(')
    ? `static const char *const names[] = { ${names.map(words.literal).join(', ')} };\n`
    : '';

/** What a concurrent scenario needs to know of its lists. */
export function listsOf({ steps, concurrent }: Scenario): {
  readonly free: number;
  readonly after: number;
  readonly timeouts_ms: number;
  readonly lists: readonly string[];
} {
  const free = concurrent.flat();
  let first = steps.length;
  const lists = concurrent.map((list) => {
    const entry = `{ ${first}, ${list.length} }`;
    first += list.length;
    return entry;
  });
  const timeouts_ms = free.reduce((sum, step) => sum + (timeoutOf(step) ?? 0), 0);
  return { free: steps.length, after: first, timeouts_ms, lists };
}

function concurrentDefines(scenario: Scenario): string[] {
  const { free, after, timeouts_ms, lists } = listsOf(scenario);
  return [
    `#define FREE ${free} /* The first step that is taken freely. */`,
    `#define AFTER ${after} /* The first one after that. */`,
    `#define TIMEOUTS_MS ${timeouts_ms}`,
    'static const struct {',
    '\tint first;',
    '\tint count;',
    `} lists[] = { ${lists.join(', ')} };`,
  ];
}

const pageSize = 4096;

export function roomFor(steps: readonly Step[]): number {
  let most = 0;
  for (const step of steps) {
    if ('len' in step.args) most = Math.max(most, step.args.len);
    if (step.call === 'readv')
      most = Math.max(
        most,
        step.args.lens.reduce((sum, len) => sum + len, 0),
      );
  }
  // Events: as many as there can be items, at 12 bytes each.
  return Math.ceil((most + 0x10000) / pageSize) * pageSize;
}

/** How many bytes a write of so many `x` passes at most; -1 where there is none. */
export const mostBytes = (steps: readonly Step[]): number =>
  Math.max(-1, ...steps.map(({ args }) => ('bytes' in args ? (args.bytes ?? -1) : -1)));

function xsFor(steps: readonly Step[]): string[] {
  const most = mostBytes(steps);
  return most < 0 ? [] : [`#define XS ${Math.max(most, 1)}`];
}

/** The table of the steps and the function that takes them. */
function scenarioText(
  scenario: Scenario,
  steps: readonly Step[],
  at: Writer,
  { loops = defaultLoops }: COptions,
): string {
  const isConcurrent = scenario.mode === 'concurrent';
  const cases = steps.map((step, n) => caseText(step, n, headingOf(scenario, step, n), at));
  const rows = steps.map((step) => `\t{ ${rowOf(step, at)} },\n`);
  return [
    '\n/* ---- the scenario ---- */\n\n',
    'static void take(int step)\n{\n\tswitch (step) {\n',
    ...cases,
    '\t}\n}\n\n',
    'static const struct step steps[STEPS + 1] = {\n',
    ...rows,
    '\t{ 0 }\n',
    '};\n\n',
    mainText(steps, isConcurrent, loops),
  ].join('');
}

/** Where a list of a concurrent scenario begins. */
export function headingOf({ mode, threads, steps }: Scenario, step: Step, n: number): string {
  if (mode !== 'concurrent' || step.index !== 0) return '';
  if (step.list === 'after') return '\t/* afterwards */\n';
  return n < steps.length || step.list === ''
    ? ''
    : `\t/* ${words.comment(threads[step.thread] ?? '')}, freely */\n`;
}

export function caseText(step: Step, n: number, heading: string, at: Writer): string {
  const lines = linesOf(step, at);
  const comment = ` /* ${(at.threads[step.thread] ?? '').slice(2)} */`;
  const body = lines.map((line) => (line === '' ? '\n' : `\t\t${line}\n`)).join('');
  const ends = step.call === 'exit' ? '' : '\t\tbreak;\n';
  if (lines.length === 1) return `${heading}\tcase ${n}:${comment}\n${body}${ends}`;
  return `${heading}\tcase ${n}: {${comment}\n${body}${ends}\t}\n`;
}

export function rowOf(step: Step, at: Writer): string {
  const thread = `.thread = ${at.thread(step.thread)}`;
  if (step.call === 'sleep') return `${thread}, .kind = SLEEP, .ms = ${step.args.ms}`;
  if (step.call === 'release') {
    return `${thread}, .kind = RELEASE, .of = ${at.thread(step.args.thread)}`;
  }
  if (step.call === 'execve') return `${thread}, .kind = EXECVE`;
  const timeout = timeoutOf(step);
  return timeout === null ? thread : `${thread}, .kind = TIMED, .ms = ${timeout}`;
}

function mainText(steps: readonly Step[], isConcurrent: boolean, loops: number): string {
  if (isConcurrent) {
    return [
      'int main(int argc, char **argv)',
      '{',
      `\tint loops = ${loops};`,
      '',
      '\tif (argc == 3 && strcmp(argv[1], "--loops") == 0)',
      '\t\tloops = atoi(argv[2]);',
      '\tif ((argc != 1 && argc != 3) || loops < 1)',
      '\t\treturn fprintf(stderr, "usage: %s [--loops N], N from 1 on\\n", argv[0]), 2;',
      '\treturn run(loops);',
      '}\n',
    ].join('\n');
  }
  if (!steps.some(({ call }) => call === 'execve'))
    return 'int main(void)\n{\n\treturn run();\n}\n';
  return [
    'int main(int argc, char **argv)',
    '{',
    '\tif (argc == 2) /* The scenario has called execve(). */',
    '\t\tgo_on(atoi(argv[1]));',
    '\treturn run();',
    '}\n',
  ].join('\n');
}
