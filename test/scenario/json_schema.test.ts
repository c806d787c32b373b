/** The JSON schemas of scenarios and transcripts, held against the parser and the corpus. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { casesOf, corpusFolder, groupsOf } from '../../conformance/corpus.ts';
import { schemaFiles } from '../../scripts/schemas.ts';
import { answerOf } from '../../src/export/answer.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { scenarioSchema } from '../../src/scenario/scenario_schema.ts';
import { transcriptSchema } from '../../src/scenario/transcript_schema.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
const isScenario = ajv.compile(scenarioSchema());
const isTranscript = ajv.compile(transcriptSchema());

const parses = (value: unknown): boolean => {
  try {
    parseScenario(value);
    return true;
  } catch {
    return false;
  }
};

/** What a validator makes of a value: '' where it is let through. */
const complaint = (validate: typeof isScenario, value: unknown): string =>
  validate(value) ? '' : ajv.errorsText(validate.errors).slice(0, 300);

/** Somebody validates with the file, and it lags behind the parser; `npm run schemas` writes it. */
test.each([...schemaFiles()])('%s says what the tables of the parser say', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text);
});

const cases = groupsOf(corpusFolder).flatMap(casesOf);
const documents = cases.map(({ text }) => JSON.parse(text) as unknown);

describe('The corpus is let through:', () => {
  /** An editor that underlines what is right is switched off. */
  test('every scenario', () => {
    const wrong = documents.map((one) => complaint(isScenario, one)).filter((one) => one !== '');
    expect(wrong).toEqual([]);
    expect(documents.length).toBeGreaterThan(2000);
  });

  /** The same for a tool that reads what the players print. */
  test('every transcript', () => {
    const goldens = cases.map(({ golden }) => JSON.parse(golden) as unknown);
    const wrong = goldens.map((one) => complaint(isTranscript, one)).filter((one) => one !== '');
    expect(wrong).toEqual([]);
  });

  const given = '/work/shared/golden';
  /** Recorded by somebody else, and not with our tools. */
  test.skipIf(!existsSync(given))('what others have recorded', () => {
    for (const file of readdirSync(given)) {
      const validate = file.includes('golden') ? isTranscript : isScenario;
      const lines = readFileSync(join(given, file), 'utf8').trim().split('\n');
      const wrong = lines.map((line) => complaint(validate, JSON.parse(line)));
      expect(wrong.filter((one) => one !== '')).toEqual([]);
    }
  });
});

const step = (call: string, args: object = {}, more: object = {}): unknown => ({
  threads: ['main', 't1'],
  steps: [{ call, args, ...more }],
});
const later = (call: string, args: object = {}, more: object = {}): unknown => ({
  ...(step(call, args, more) as object),
  version: 2,
});
const ctl = { epfd: 3, op: 'EPOLL_CTL_ADD', fd: 4 };
const wait = { epfd: 3, maxevents: 1, timeout: 0 };

/** Found while it is written, and not when it is played. */
describe('What the parser refuses, the schema refuses, too:', () => {
  test.each<[string, unknown]>([
    ['no object', []],
    ['no steps', {}],
    ['steps that are no list', { steps: {} }],
    ['an unknown key', { steps: [], step: 1 }],
    ['another version', { version: 3, steps: [] }],
    ['an empty name', { name: '', steps: [] }],
    ['a name with a control character', { name: 'a\nb', steps: [] }],
    ['an "about" that is no text', { about: 1, steps: [] }],
    ['no threads', { threads: [], steps: [] }],
    ['two threads of one name', { threads: ['a', 'a'], steps: [] }],
    ['an unknown mode', { mode: 'parallel', steps: [] }],
    ['a mode without its lists', { mode: 'concurrent', steps: [] }],
    ['lists without their mode', { steps: [], concurrent: {} }],
    ['an "after" without its mode', { steps: [], after: [] }],
    [
      'a thread named "after"',
      { mode: 'concurrent', threads: ['after'], steps: [], concurrent: {} },
    ],
    [
      'a sleep that is concurrent',
      { mode: 'concurrent', steps: [], concurrent: { main: [{ call: 'sleep', args: { ms: 1 } }] } },
    ],
    ['a step that is no object', { steps: [1] }],
    ['a step without a call', { steps: [{ args: {} }] }],
    ['an unknown call', step('epoll_wiat')],
    ['a call of version 2 in version 1', step('mkdir', { path: 'a' })],
    ['an argument of version 2 in version 1', step('bind', { fd: 3, path: 'a' })],
    ['a name of version 2 in version 1', step('fcntl', { fd: 3, cmd: 'F_GETPIPE_SZ' })],
    ['an unknown key of a step', step('close', { fd: 3 }, { comment: '' })],
    ['args that are no object', { steps: [{ call: 'epoll_create1', args: null }] }],
    ['a missing argument', step('close')],
    ['missing args', { steps: [{ call: 'close' }] }],
    ['an unknown argument', step('close', { fd: 3, how: 0 })],
    ['a descriptor that is a plain name', step('close', { fd: 'ep' })],
    ['a descriptor that is "$" alone', step('close', { fd: '$' })],
    ['a descriptor beyond an int', step('close', { fd: 2 ** 31 })],
    ['a fraction', step('sleep', { ms: 0.5 })],
    ['an unknown flag', step('epoll_create1', { flags: 'EPOLLFOO' })],
    ['a flag of another family', step('epoll_ctl', { ...ctl, events: 'POLLIN' })],
    ['nothing beside a bar', step('pipe2', { flags: 'O_NONBLOCK|' })],
    ['an octal number', step('pipe2', { flags: '04000' })],
    ['names joined where one is due', step('shutdown', { fd: 3, how: 'SHUT_RD|SHUT_WR' })],
    ['an event beside its parts', step('epoll_ctl', { ...ctl, event: null, events: 1 })],
    ['an event that is not null', step('epoll_ctl', { ...ctl, event: {} })],
    ['a buffer of another kind', step('epoll_wait', { ...wait, buffer: 'good' })],
    ['a signal by number in a mask', step('epoll_pwait', { ...wait, sigmask: [10] })],
    ['none of data, bytes and value', step('write', { fd: 3 })],
    ['two of data, bytes and value', step('write', { fd: 3, data: 'x', bytes: 1 })],
    ['half a surrogate pair', step('write', { fd: 3, data: '\ud800' })],
    ['more than 16 MiB', step('read', { fd: 3, len: 16777217 })],
    ['an unknown key in a poll entry', step('poll', { fds: [{ fd: 3, x: 1 }], timeout: 0 })],
    ['poll events beyond a short', step('poll', { fds: [{ fd: 3, events: 65536 }], timeout: 0 })],
    ['a descriptor that select cannot take', step('select', { read: [1024] })],
    ['a port beyond 16 bits', step('connect', { fd: 3, to: { port: 65536 } })],
    ['an address of nothing in version 1', step('connect', { fd: 3, to: null })],
    ['a signal that does something', step('tgkill', { thread: 't1', signal: 9 })],
    ['a bind that is too long', step('epoll_create1', {}, { bind: ['a', 'b'] })],
    ['a bind of one name twice', step('pipe2', {}, { bind: ['a', 'a'] })],
    ['a bind with the "$"', step('epoll_create1', {}, { bind: ['$a'] })],
    ['an empty name in bind', step('epoll_create1', {}, { bind: [''] })],
    ['a path that leads elsewhere', later('open', { path: '../x' })],
    ['a device that is not there', later('open', { path: '/dev/sda' })],
    ['a socket with a folder', later('bind', { fd: 3, path: 'a/b' })],
    ['too many pieces', later('readv', { fd: 3, lens: Array.from({ length: 17 }, () => 1) })],
    ['a mode beyond its bits', later('open', { path: 'a', flags: 0, mode: 0o10000 })],
    ['a handler of another kind', later('sigaction', { signal: 'SIGUSR1', handler: 'SIG_ERR' })],
  ])('%s', (_, document) => {
    expect(parses(document)).toBe(false);
    expect(isScenario(document)).toBe(false);
  });
});

/** docs/scenario-format.md has this list. */
describe('What a schema cannot say, and lets through:', () => {
  test.each<[string, unknown]>([
    ['a thread that is not among the threads', step('close', { fd: 3 }, { thread: 't2' })],
    [
      'a list for a thread that there is not',
      { mode: 'concurrent', steps: [], concurrent: { x: [] } },
    ],
    [
      'a step in the list of another thread',
      {
        mode: 'concurrent',
        threads: ['main', 't1'],
        steps: [],
        concurrent: { t1: [{ thread: 'main', call: 'epoll_create1' }] },
      },
    ],
    ['a fork of the first thread', later('fork', { child: 'main' })],
    ['a number in a text beyond 32 bits', step('epoll_create1', { flags: '0x100000000' })],
    ['a decimal beyond 64 bits', step('write', { fd: 3, value: '18446744073709551616' })],
    [
      'poll events beyond a short, as text',
      step('poll', { fds: [{ fd: 3, events: '65536' }], timeout: 0 }),
    ],
    ['part of a path beyond 60 characters', later('mkdir', { path: 'x'.repeat(61) })],
    [
      'a bind of a command that returns none',
      step('fcntl', { fd: 3, cmd: 'F_GETFD' }, { bind: ['a'] }),
    ],
  ])('%s', (_, document) => {
    expect(parses(document)).toBe(false);
    expect(complaint(isScenario, document)).toBe('');
  });
});

/** A place in a value, and what becomes of what stands there. */
interface Change {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'rename' | 'repeat';
  readonly by: unknown;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'replace', 'remove', 'rename', 'repeat'),
  by: fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.integer(),
    fc.constantFrom(
      '$a',
      '$',
      'a',
      '',
      'EPOLLIN|EPOLLOUT',
      'O_NONBLOCK',
      '0x10',
      ' EPOLLIN | 1',
      '-1',
    ),
    fc.constantFrom(null, -1, 0, 1, 2, 1023, 1024, 65536, 2 ** 31, 2 ** 32, 2 ** 53, 'concurrent'),
    fc.constantFrom('close', 'fcntl', 'bind', 'mkdir', 'SIGUSR1', 'main', 'a/b', '@a', '.'),
  ),
});

type Holder = Record<string, unknown> | unknown[];

/** The lists and objects within a value, itself among them. */
function holdersIn(value: unknown, found: Holder[] = []): Holder[] {
  if (typeof value !== 'object' || value === null) return found;
  found.push(value as Holder);
  for (const one of Object.values(value)) holdersIn(one, found);
  return found;
}

function changed(document: unknown, changes: readonly Change[]): unknown {
  const whole = structuredClone(document);
  for (const { at, how, by } of changes) {
    const holders = holdersIn(whole).filter((one) => Object.keys(one).length > 0);
    const holder = holders[at % Math.max(1, holders.length)];
    if (holder === undefined) continue;
    const keys = Object.keys(holder);
    const key = keys[(at >>> 8) % keys.length] as string;
    const entries = holder as Record<string, unknown>;
    if (how === 'replace') entries[key] = by;
    else if (how === 'repeat' && Array.isArray(holder)) holder.push(holder[Number(key)]);
    else if (how === 'rename' && !Array.isArray(holder)) entries[`${by}`] = entries[key];
    else if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete entries[key];
  }
  return whole;
}

/** A schema that is stricter than the parser turns away what is right. */
test('What the schema refuses, the parser refuses, however a document is changed', () => {
  const seen = { refused: 0, taken: 0 };
  const property = fc.property(
    fc.constantFrom(...documents),
    fc.array(change, { minLength: 1, maxLength: 3 }),
    (document, changes) => {
      const value = changed(document, changes);
      if (isScenario(value)) seen.taken++;
      else {
        seen.refused++;
        expect(parses(value), complaint(isScenario, value)).toBe(false);
      }
    },
  );
  fc.assert(property, { numRuns: 4000, seed: 17 });
  expect(Math.min(seen.refused, seen.taken)).toBeGreaterThan(200);
});

/** What stands in an answer when something is wrong, or when there is no name. */
describe('Other answers are let through:', () => {
  test.each<[string, unknown]>([
    ['an error', { steps: [{ call: 'close', args: { fd: '$x' } }] }],
    ['no name', { steps: [] }],
  ])('%s', (_, scenario) => {
    expect(complaint(isTranscript, JSON.parse(answerOf(scenario)))).toBe('');
  });

  /** Before 5.13 who takes an event does not wake the other waiter. */
  test('findings', () => {
    const asks = { call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: -1 } };
    const scenario = {
      mode: 'concurrent',
      threads: ['main', 't1', 't2'],
      steps: [
        { call: 'eventfd2', args: { initval: 0 }, bind: ['e'] },
        { call: 'epoll_create1', bind: ['ep'] },
        {
          call: 'epoll_ctl',
          args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$e', events: 'EPOLLIN' },
        },
      ],
      concurrent: {
        main: [{ call: 'write', args: { fd: '$e', value: 1 } }],
        t1: [asks],
        t2: [asks],
      },
    };
    const answer = answerOf(scenario, { kernel: '5.12' });
    expect(answer).toContain('"findings":[{');
    expect(complaint(isTranscript, JSON.parse(answer))).toBe('');
  });

  /** It would hide what a broken player prints. */
  test.each<[string, unknown]>([
    ['neither blocked nor error', { name: 'a', results: [] }],
    [
      'a failure with a result',
      { name: 'a', results: [{ step: 0, ret: -1, errno: 'EBADF', fds: [1] }], blocked: [] },
    ],
    ['a failure without its name', { name: 'a', results: [{ step: 0, ret: -1 }], blocked: [] }],
    [
      'an unknown event',
      {
        name: 'a',
        results: [{ step: 0, ret: 1, events: [{ events: 'EPOLLFOO', data: 1 }] }],
        blocked: [],
      },
    ],
    ['an unknown field', { name: 'a', results: [{ step: 0, ret: 1, colour: 1 }], blocked: [] }],
  ])('but not %s', (_, transcript) => {
    expect(isTranscript(transcript)).toBe(false);
  });
});
