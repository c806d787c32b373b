import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { epollFlags, openFlags } from '../../src/kernel/uapi/names.ts';
import { DocumentReader, readDocuments, readScenario } from '../../src/scenario/documents.ts';
import { ScenarioError } from '../../src/scenario/errors.ts';
import * as flags from '../../src/scenario/flags.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { calls } from '../../src/scenario/schema.ts';

const threads = ['main', 't1'];
const ep = { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$a' };

/** The arguments that a step gets which is all there is to a scenario. */
function argsOf(call: string, args: object): unknown {
  return parseScenario({ threads, steps: [{ call, args }] }).steps[0]?.args;
}

/** What is said about a document. */
function messageOf(document: unknown): string {
  try {
    parseScenario(document);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'nothing is wrong';
}

const stepMessage = (step: unknown): string => messageOf({ threads, steps: [step] });
const argsMessage = (call: string, args: unknown): string => stepMessage({ call, args });

/** One line a document: its name where it is good, what is wrong where it is not. */
const summary = (text: string): (string | null)[] =>
  readDocuments(text).map(({ scenario, error }) => error?.message ?? scenario?.name ?? null);

describe('a version', () => {
  const sendmsg = { call: 'sendmsg', args: { fd: 3, data: 'x' } };

  /** Whoever plays an old document must not get other calls than it was written for. */
  test('has the calls and arguments that came with it, and those before', () => {
    expect(messageOf({ steps: [sendmsg] })).toBe('step 0: unknown call "sendmsg"');
    expect(messageOf({ version: 1, steps: [sendmsg] })).toBe('step 0: unknown call "sendmsg"');
    expect(messageOf({ version: 2, steps: [sendmsg] })).toBe('nothing is wrong');

    const bind = { call: 'bind', args: { fd: 3, path: 's' } };
    expect(messageOf({ steps: [bind] })).toBe('step 0: unknown argument "path"');
    expect(messageOf({ version: 2, steps: [bind] })).toBe('nothing is wrong');
    const connect = { call: 'connect', args: { fd: 3, to: { path: 's' } } };
    expect(messageOf({ steps: [connect] })).toBe('step 0: bad argument "to"');
    expect(messageOf({ version: 2, steps: [connect] })).toBe('nothing is wrong');
  });

  /** A document for a program that is newer than this one. */
  test.each([[0], [3], ['2'], [null]])('that is %j is refused', (version) => {
    const found = JSON.stringify(version);
    expect(messageOf({ version, steps: [] })).toBe(`"version" is ${found}, expected 1 or 2`);
  });

  /** A path that leaves the scenario's folder would reach files of the machine. */
  test.each(['../s', '/tmp/s', '', '.', 'a b'])('does not take the path %j', (path) => {
    const bind = { call: 'bind', args: { fd: 3, path } };
    expect(messageOf({ version: 2, steps: [bind] })).toBe('step 0: bad argument "path"');
  });
});

describe('a step that is sound', () => {
  /** A player that had to split flag words itself would do so once a step, on every schedule. */
  test('has its flag words as int32', () => {
    const args = argsOf('epoll_ctl', { ...ep, events: 'EPOLLIN|EPOLLET|0x40' });
    expect(args).toMatchObject({ op: 1, events: EPOLLIN | EPOLLET | 0x40 });
    expect(argsOf('epoll_ctl', { ...ep, events: 0x80000001 })).toMatchObject({
      events: EPOLLIN | EPOLLET,
    });
  });

  /** Whoever writes `EPOLLIN | EPOLLET` as in C. */
  test('may have blanks around the bars of a flag word', () => {
    expect(argsOf('pipe2', { flags: 'O_NONBLOCK | O_CLOEXEC' })).toEqual({ flags: 0o2004000 });
  });

  /** The sentence of the format that begins with "Absent". */
  test.each([
    ['epoll_ctl', ep, { events: 0, data: 0 }],
    ['epoll_create1', {}, { flags: 0 }],
    ['fcntl', { fd: 3, cmd: 'F_GETFL' }, { arg: 0 }],
    ['socket', { domain: 'AF_INET', type: 'SOCK_STREAM' }, { protocol: 0 }],
    ['timerfd_settime', { fd: 3, value_ms: 10 }, { flags: 0, interval_ms: 0 }],
    ['epoll_pwait2', { epfd: 3, maxevents: 1 }, { timeout_ns: null, sigmask: null }],
    ['select', { read: [0] }, { read: [0], write: [], except: [], timeout: null }],
  ])('has the default of every argument that %s is not given', (call, given, expected) => {
    expect(argsOf(call, given)).toMatchObject(expected);
  });

  /** A player keeps its bindings in an array, so a name has to have one slot throughout. */
  test('refers to the same slot wherever a name stands', () => {
    const { steps, names } = parseScenario({
      steps: [
        { call: 'pipe2', bind: ['r', 'w'] },
        { call: 'dup', args: { fd: '$w' }, bind: ['d'] },
        { call: 'close', args: { fd: '$later' } },
      ],
    });
    expect(names).toEqual(['r', 'w', 'd', 'later']);
    expect(steps[1]?.args).toEqual({ fd: steps[0]?.bind[1] });
    expect(steps[1]?.args).toEqual({ fd: { ref: 'w', slot: 1 } });
  });

  /** epoll(7) programs store pointers in `data`: what JSON cannot hold must not be rounded. */
  test.each([
    [7, 7],
    ['18446744073709551615', 18446744073709551615n],
    ['9007199254740991', 9007199254740991],
    [-1, 18446744073709551615n],
    ['$a', { ref: 'a', slot: 1 }],
  ])('carries the epoll data %j', (data, expected) => {
    expect(argsOf('epoll_ctl', { ...ep, data })).toMatchObject({ data: expected });
  });

  /** An option means its number: TCP_KEEPIDLE and SO_ERROR are both 4. */
  test('may name an option of another level than its own', () => {
    const args = { fd: 3, level: 'IPPROTO_TCP', name: 'SO_ERROR' };
    expect(argsOf('getsockopt', args)).toEqual({ fd: 3, level: 6, name: 4 });
  });

  /** The counter of an eventfd has 64 bits. */
  test('writes a number of 64 bits', () => {
    const args = argsOf('write', { fd: 3, value: '18446744073709551615' });
    expect(args).toMatchObject({ value: 0xffffffffffffffffn, data: undefined });
  });

  /** Python and C pass -1 where a word of all ones is meant; a JSON number can be -0. */
  test('has its integers as the C type holds them', () => {
    expect(argsOf('eventfd2', { initval: -1 })).toMatchObject({ initval: 0xffffffff });
    const poll = { fds: [{ fd: 3, events: -1 }], timeout: -0 };
    expect(argsOf('poll', poll)).toEqual({ fds: [{ fd: 3, events: 0xffff }], timeout: 0 });
    expect(argsOf('tgkill', { thread: 't1', signal: 65 })).toEqual({ thread: 1, signal: 65 });
  });

  /** A tool that asks the table for the descriptors of fcntl(). */
  test('may bind what fcntl(F_DUPFD) returns, and nothing for another command', () => {
    const step = (cmd: string) => ({ call: 'fcntl', args: { fd: 0, cmd }, bind: ['d'] });
    expect(stepMessage(step('F_DUPFD'))).toBe('nothing is wrong');
    expect(stepMessage(step('F_GETFD'))).toBe(
      'step 0: "bind" has 1 name, fcntl returns no descriptors',
    );
  });
});

describe('what is wrong with a step', () => {
  const wait = { epfd: 3, maxevents: 1, timeout: 0 };

  /** Whoever greps transcripts for these words, which the format fixes. */
  test.each([
    [{ call: 'epoll_wiat', args: {} }, 'step 0: unknown call "epoll_wiat"'],
    [{ call: 'constructor' }, 'step 0: unknown call "constructor"'],
    [{ call: 'close', args: { fd: 3, how: 0 } }, 'step 0: unknown argument "how"'],
    [{ call: 'epoll_create1', args: { flags: 'EPOLLFOO' } }, 'step 0: unknown flag "EPOLLFOO"'],
    [{ call: 'close', thread: 't2', args: { fd: 3 } }, 'step 0: unknown thread "t2"'],
    [{ call: 'close', comment: '', args: { fd: 3 } }, 'step 0: unknown key "comment"'],
    [{ call: 'close' }, 'step 0: missing argument "fd"'],
    [{ call: 'close', args: { fd: 'ep' } }, 'step 0: bad argument "fd"'],
  ])('is said in the words of the format: %j', (step, message) => {
    expect(stepMessage(step)).toBe(message);
  });

  /** An author who mends one mistake after the other wants to be led through in one order. */
  test('is reported in the order call, thread, key, unknown, missing, bad argument', () => {
    const bad: Record<string, unknown> = { call: 'x', thread: 'x', x: 0, args: { fd: {}, x: 0 } };
    expect(stepMessage(bad)).toBe('step 0: unknown call "x"');
    bad['call'] = 'shutdown';
    expect(stepMessage(bad)).toBe('step 0: unknown thread "x"');
    bad['thread'] = 't1';
    expect(stepMessage(bad)).toBe('step 0: unknown key "x"');
    delete bad['x'];
    expect(stepMessage(bad)).toBe('step 0: unknown argument "x"');
    bad['args'] = { fd: {} };
    expect(stepMessage(bad)).toBe('step 0: missing argument "how"');
    bad['args'] = { fd: {}, how: 'x' };
    expect(stepMessage(bad)).toBe('step 0: bad argument "fd"');
  });

  /** An editor that jumps to the step at fault. */
  test('carries the number of the step', () => {
    const document = { steps: [{ call: 'pipe2' }, { call: 'pipe3' }] };
    expect(() => parseScenario(document)).toThrow(expect.objectContaining({ step: 1 }));
  });

  /** A flag of another family has a number too, and would be silently wrong. */
  test.each([
    ['epoll_ctl', { ...ep, events: 'POLLIN' }, 'POLLIN'],
    ['epoll_create1', { flags: 'O_CLOEXEC' }, 'O_CLOEXEC'],
    ['eventfd2', { initval: 0, flags: 'TFD_NONBLOCK' }, 'TFD_NONBLOCK'],
    ['poll', { fds: [{ fd: 3, events: 'EPOLLIN' }], timeout: 0 }, 'EPOLLIN'],
    ['shutdown', { fd: 3, how: 'SHUT_RD|SHUT_WR' }, 'SHUT_RD|SHUT_WR'],
    ['pipe2', { flags: 'O_NONBLOCK|' }, ''],
    ['epoll_pwait', { ...wait, sigmask: ['10'] }, '10'],
    ['pipe2', { flags: '04000' }, '04000'],
  ])('is a name that does not belong there: %s', (call, args, flag) => {
    expect(argsMessage(call, args)).toBe(`step 0: unknown flag ${JSON.stringify(flag)}`);
  });

  /** A value that C would cut or round plays another scenario than the one written down. */
  test.each([
    ['epoll_wait', { ...wait, timeout: 1.5 }, 'timeout'],
    ['epoll_wait', { ...wait, timeout: 2 ** 31 }, 'timeout'],
    ['epoll_wait', { ...wait, timeout: '10' }, 'timeout'],
    ['epoll_wait', { ...wait, timeout: null }, 'timeout'],
    ['epoll_wait', { ...wait, buffer: 'good' }, 'buffer'],
    ['epoll_create1', { flags: 2 ** 32 }, 'flags'],
    ['epoll_create1', { flags: '0x100000000' }, 'flags'],
    ['poll', { fds: [{ fd: 3, events: 0x10000 }], timeout: 0 }, 'fds'],
    ['read', { fd: 3, len: 16 * 1024 * 1024 + 1 }, 'len'],
    ['read', { fd: 3, len: -1 }, 'len'],
    ['write', { fd: 3, value: '18446744073709551616' }, 'value'],
    ['write', { fd: 3, value: -1 }, 'value'],
    ['write', { fd: 3, data: 'x', bytes: 1 }, 'bytes'],
    ['write', { fd: 3, data: '\ud800' }, 'data'],
    ['epoll_ctl', { ...ep, data: 2 ** 60 }, 'data'],
    ['epoll_ctl', { ...ep, event: null, data: 1 }, 'event'],
    ['select', { read: [1024] }, 'read'],
    ['select', { read: [-1] }, 'read'],
    ['poll', { fds: [{ fd: 3, event: 'POLLIN' }], timeout: 0 }, 'fds'],
    ['connect', { fd: 3, to: { port: 65536 } }, 'to'],
    ['connect', { fd: 3, to: { host: 'localhost' } }, 'to'],
    ['tgkill', { thread: 't1', signal: 'SIGTERM' }, 'signal'],
    ['tgkill', { thread: 't1', signal: 9 }, 'signal'],
    ['tgkill', { thread: 't1', signal: 64 }, 'signal'],
  ])('is a value that %s cannot take: %j', (call, args, argument) => {
    expect(argsMessage(call, args)).toBe(`step 0: bad argument "${argument}"`);
  });

  /** The wrong call for an eventfd: send() has no `value`. */
  test('is a write or send with nothing to pass', () => {
    expect(argsMessage('write', { fd: 3 })).toBe('step 0: missing argument "data"');
    expect(argsMessage('send', { fd: 3, value: 1 })).toBe('step 0: unknown argument "value"');
  });

  /** Names that would stay unbound for ever, or hide behind the wrong spelling. */
  test.each([
    [['a'], '"bind" has 1 name, pipe2 returns 2 descriptors'],
    [[], '"bind" has no names, pipe2 returns 2 descriptors'],
    [['a', 'a'], '"bind" has one name twice'],
    [['a', ''], 'a name in "bind" is empty'],
    [['a', 3], 'a name in "bind" is not a string'],
    [['a', '$b'], '"bind" takes "b" without the "$"'],
    ['ab', '"bind" is not a list'],
  ])('is a bind that does not fit: %j', (bind, message) => {
    expect(stepMessage({ call: 'pipe2', bind })).toBe(`step 0: ${message}`);
  });

  /** Who mends a scenario is told what was expected; the message itself is fixed. */
  test.each([
    ['close', { fd: 'ep' }, 'expected a descriptor, found "ep"; a bound name begins with "$"'],
    ['epoll_ctl', { ...ep, events: 'EPOLIN' }, 'did you mean EPOLLIN?'],
    ['epoll_ctl', { ...ep, events: 'epollet' }, 'did you mean EPOLLET?'],
    ['epoll_wiat', {}, 'did you mean epoll_wait?'],
    ['epoll_create1', { flags: 'ZZZ' }, undefined],
    ['epoll_create1', { flag: 0 }, 'expected flags'],
    ['read', { fd: 3, len: -1 }, 'expected a number of bytes up to 16 MiB, found -1'],
    ['write', { fd: 3, data: 'x', bytes: 2 }, 'it cannot stand beside "data"'],
    ['bind', { fd: 3, port: 0, path: 'x' }, 'it cannot stand beside "port"'],
  ])('has a hint beside it: %s %j', (call, args, hint) => {
    const parse = () => parseScenario({ version: 2, threads, steps: [{ call, args }] });
    expect(parse).toThrow(expect.objectContaining({ hint }));
  });

  /** A name that no step binds is found when its step comes, as the format says, not before. */
  test('is not a name that no step binds', () => {
    expect(argsMessage('close', { fd: '$nobody' })).toBe('nothing is wrong');
  });
});

describe('terminals', () => {
  const step = (call: string, args: object, bind?: string[]): unknown => ({
    version: 2,
    steps: [{ call, args, ...(bind === undefined ? {} : { bind }) }],
  });

  /** Settings that are left out are those of raw mode. */
  test('tcsetattr takes flags by name, and is raw without them', () => {
    const read = (args: object): unknown =>
      parseScenario(step('tcsetattr', { fd: 3, ...args })).steps[0]?.args;
    const none = { fd: 3, actions: 0, iflag: 0, oflag: 0, lflag: 0, min: 1, time: 0 };
    expect(read({})).toEqual(none);
    expect(read({ lflag: 'ICANON|ECHO', actions: 'TCSAFLUSH' })).toEqual({
      ...none,
      lflag: 10,
      actions: 2,
    });
    expect(messageOf(step('tcsetattr', { fd: 3, lflag: 'VMIN' }))).toMatch(/unknown flag "VMIN"/);
    expect(messageOf(step('tcsetattr', { fd: 3, min: 256 }))).toMatch(/bad argument "min"/);
  });

  /** A descriptor comes of TIOCGPTPEER alone. */
  test('only TIOCGPTPEER binds a name', () => {
    const args = { fd: 3, request: 'TIOCGPTPEER', arg: 'O_RDWR|O_NOCTTY' };
    expect(messageOf(step('ioctl', args, ['s']))).toBe('nothing is wrong');
    expect(messageOf(step('ioctl', { fd: 3, request: 'TIOCPKT' }, ['s']))).not.toBe(
      'nothing is wrong',
    );
  });

  /** Version 1 has no names for what an ioctl is about. */
  test('are of version 2', () => {
    const args = { fd: 3, request: 'FIONBIO', arg: 'O_RDWR' };
    expect(messageOf(step('ioctl', args))).toBe('nothing is wrong');
    expect(stepMessage({ call: 'ioctl', args })).toBe('step 0: bad argument "arg"');
    expect(stepMessage({ call: 'ioctl', args: { fd: 3, request: 'TIOCPKT' } })).toMatch(
      /unknown flag/,
    );
  });
});

describe('what is wrong with a document', () => {
  /** Whoever writes a first scenario by hand. */
  test.each([
    [[], 'the document is not an object'],
    [{}, 'missing "steps"'],
    [{ steps: {} }, '"steps" is not a list'],
    [{ steps: [5] }, 'step 0: not an object'],
    [{ steps: [{}] }, 'step 0: missing "call"'],
    [{ steps: [], step: [] }, 'unknown key "step"'],
    [{ steps: [], name: '' }, '"name" is empty'],
    [{ steps: [], name: 5 }, '"name" is not a string'],
    [{ steps: [], threads: [] }, '"threads" is empty'],
    [{ steps: [], threads: 'main' }, '"threads" is not a list'],
    [{ steps: [], threads: ['a', 'a'] }, 'two threads are named "a"'],
    [{ steps: [], threads: ['a', ''] }, 'a name in "threads" is empty'],
    [{ steps: [], name: 'a\n' }, '"name" has a control character'],
    [{ steps: [], threads: ['\x1b[2J'] }, 'a name in "threads" has a control character'],
    [{ steps: [], mode: 'parallel' }, 'unknown mode "parallel"'],
    [{ steps: [], after: [] }, '"after" is for scenarios with "mode": "concurrent"'],
    [{ steps: [], mode: 'concurrent' }, 'missing "concurrent"'],
  ])('is said clearly: %j', (document, message) => {
    expect(messageOf(document)).toBe(message);
  });

  const free = (concurrent: object, after: object[] = []) =>
    messageOf({ mode: 'concurrent', threads, steps: [], concurrent, after });

  /** The three lists of steps are all counted from 0. */
  test('names the list of a step that is not in "steps"', () => {
    expect(free({ t1: [{ call: 'x' }] })).toBe('concurrent t1: step 0: unknown call "x"');
    expect(free({}, [{ call: 'x' }])).toBe('after: step 0: unknown call "x"');
    expect(free({ t2: [] })).toBe('concurrent: unknown thread "t2"');
    expect(free({ t1: {} })).toBe('concurrent t1 is not a list');
  });

  /** The list says whose step it is; an outcome has a key for each thread, and "after". */
  test('is a step of one thread in the list of another, or a thread named "after"', () => {
    expect(free({ main: [{ call: 'pipe2', thread: 't1' }] })).toBe(
      'concurrent main: step 0: "thread" is "t1" in the list of another thread',
    );
    expect(free({ t1: [{ call: 'pipe2', thread: 't1' }] })).toBe('nothing is wrong');
    const after = { mode: 'concurrent', threads: ['after'], steps: [], concurrent: {} };
    expect(messageOf(after)).toBe('a thread of a concurrent scenario cannot be named "after"');
  });

  /** Time that one thread lets pass would order what is to run freely. */
  test('is a sleep in concurrent, and none in after', () => {
    const sleep = { call: 'sleep', args: { ms: 10 } };
    expect(free({ t1: [sleep] })).toBe(
      'concurrent t1: step 0: sleep is not allowed in "concurrent"',
    );
    expect(free({}, [sleep])).toBe('nothing is wrong');
  });

  /** An explorer indexes the lists by thread. */
  test('is not a thread that has nothing to do in concurrent', () => {
    const close = { call: 'close', args: { fd: 3 } };
    const document = { mode: 'concurrent', threads, steps: [], concurrent: { t1: [close] } };
    const { concurrent } = parseScenario(document);
    expect(concurrent.map((steps) => steps.map(({ call, thread }) => [call, thread]))).toEqual([
      [],
      [['close', 1]],
    ]);
  });
});

const good = (name: string): string => JSON.stringify({ name, steps: [] });
const pretty = (name: string): string =>
  JSON.stringify({ name, steps: [{ call: 'pipe2', args: {} }] }, null, 2);

describe('documents', () => {
  /** A file saved by any editor on any system. */
  test.each([
    ['NDJSON', `${good('a')}\n${good('b')}\n`],
    ['CRLF', `${good('a')}\r\n${good('b')}\r\n`],
    ['a byte order mark', `\ufeff${good('a')}\n${good('b')}`],
    ['blank lines', `\n\n${good('a')}\n \n${good('b')}\n\n`],
    ['pretty-printed', `${pretty('a')}\n${pretty('b')}`],
    ['pretty-printed, CRLF', `\ufeff${pretty('a')}\n${pretty('b')}`.replaceAll('\n', '\r\n')],
    ['nothing between them', `${pretty('a')}${good('b')}`],
    ['both on one line', `${good('a')} ${good('b')}`],
  ])('are read from a text with %s', (_, text) => {
    expect(summary(text)).toEqual(['a', 'b']);
  });

  /** A row a step is the most readable way to write a scenario by hand. */
  test('may have a step at the beginning of a line', () => {
    const step = '{"call":"pipe2"}';
    expect(summary(`{"name":"a","steps":[\n${step},\n${step}\n]}\n${good('b')}`)).toEqual([
      'a',
      'b',
    ]);
  });

  /** A batch of 10,000 in which somebody's editor broke one line. */
  test.each([
    ['no JSON', 'nonsense', 'column 1: expected a value, found "n"'],
    ['cut off', '{"steps":[', 'column 11: expected a value or "]", found the end of the document'],
    ['an open string', '{"name":"x,"steps":[]}', 'column 13: expected "," or "}", found "s"'],
    ['a bracket more', '{"steps":[]}]', 'column 13: expected the end of the document, found "]"'],
    ['single quotes', "{'a':1}", `column 2: expected a name in double quotes or "}", found "'"`],
  ])('survive a line between them that is bad: %s', (_, line, message) => {
    const bad = `the document is not JSON: line 2, ${message}`;
    expect(summary(`${good('a')}\n${line}\n${good('b')}`)).toEqual(['a', bad, 'b']);
    expect(summary(`${good('a')}\n${line}\n${line}\n${good('b')}`)).toHaveLength(4);
  });

  /** JSON.parse() keeps the last of the two, and plays half of what was written. */
  test('have no name twice in an object, on one line or over many', () => {
    const twice = '{"name":"a:\\"b\\":","steps":[{"call":"pipe2","ca\\u006cl":"dup"}]}';
    const message = (line: number, column: number) =>
      expect.stringMatching(`^line ${line}, column ${column}: key "ca.*l" stands twice$`) as string;
    expect(summary(`${good('a')}\n${twice}\n${good('b')}`)).toEqual(['a', message(2, 45), 'b']);
    const rows = twice.replace('[', '[\n').replace('}]', '}\n]');
    expect(summary(`${rows}\n${good('b')}`)).toEqual([message(2, 17), 'b']);
    const apart = '{"steps":[{"call":"pipe2"},{"call":"pipe2"}],"name":"c"}';
    expect(summary(apart)).toEqual(['c']);
  });

  /** A comma too many in a scenario of forty lines must not become forty messages. */
  test('survive a pretty-printed one that is bad', () => {
    const bad = '{\n  "name": "x",\n  "steps": [\n    {"call": "pipe2"},\n  ]\n}';
    const message = 'the document is not JSON: line 5, column 3: expected a value, found "]"';
    expect(summary(`${bad}\n${pretty('b')}`)).toEqual([message, 'b']);
    expect(summary(`${bad}\n  ${good('b')}`)).toEqual([message, 'b']);
    const cut = pretty('a').split('\n').slice(0, 4).join('\n');
    expect(summary(`${cut}\n${pretty('b')}`)).toEqual([expect.stringContaining('line 4'), 'b']);
  });

  /** The line of a transcript has to say whose it is. */
  test('that are bad keep their name and the line they begin on', () => {
    const [, bad] = readDocuments(`${good('a')}\n\n{"name":"b","step":[]}\n`);
    expect(bad).toMatchObject({ line: 3, name: 'b' });
    expect(bad?.error?.message).toBe('unknown key "step"');
  });

  /** A pipe that hands over whatever it has got. */
  test('do not depend on how a stream is cut into chunks', () => {
    const text = `\ufeff${pretty('a')}\r\nbad\n${good('b')}\n{"name":"c"\n,"steps":[]}${good('d')}`;
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
    fc.assert(
      fc.property(sizes, (cuts) => {
        const reader = new DocumentReader();
        const found = [];
        for (let from = 0, i = 0; from < text.length; i++) {
          const to = from + (cuts[i % cuts.length] ?? 1);
          found.push(...reader.push(text.slice(from, to)));
          from = to;
        }
        expect([...found, ...reader.end()]).toEqual(readDocuments(text));
      }),
    );
  });

  /** Memory: a batch of any length is held one document at a time. */
  test('are given out as soon as they are complete', () => {
    const reader = new DocumentReader();
    expect(reader.push(`${good('a')}\n${good('b')}`)).toHaveLength(1);
    expect(reader.push('\n')).toHaveLength(1);
    expect(reader.end()).toHaveLength(0);
  });

  /** An API that takes one scenario and is handed a batch. */
  test('are no scenario unless there is exactly one', () => {
    expect(readScenario(pretty('a')).name).toBe('a');
    expect(() => readScenario(' ')).toThrow('the document is empty');
    expect(() => readScenario(`${good('a')}\n${good('b')}`)).toThrow(
      'expected one document, found 2',
    );
  });
});

describe('laws', () => {
  const at = { list: '', index: 0 };

  /** Traces and scenarios have to mean the same by a name. */
  test('a flag word that is printed and read again is the same word', () => {
    fc.assert(
      fc.property(fc.integer(), (word) => {
        const epoll = flags.parseFlags(epollFlags(word), flags.epollEventFamily, 'x', at);
        const open = flags.parseFlags(openFlags(word), flags.openFamily, 'x', at);
        expect([epoll, open]).toEqual([word, word]);
      }),
    );
  });

  /** A text from anywhere: every engine's JSON.parse() and our scanner have to agree on it. */
  test('a text is not JSON if and only if JSON.parse() refuses it', () => {
    const tokens = ['"a"', '1', '01', '-0.5e3', 'true', '\\', '\\u00e9', ' ', '\t', 'x'];
    const scraps = [...'{}[],:"', ...tokens];
    const texts = fc.array(fc.constantFrom(...scraps), { minLength: 1 }).map((all) => all.join(''));
    fc.assert(
      fc.property(fc.oneof(texts, fc.json()), (inner) => {
        const text = `{"step":${inner}}`;
        let message = 'unknown key "step"';
        try {
          JSON.parse(text);
        } catch {
          message = 'the document is not JSON';
        }
        // Two objects on a line are two documents to us, and no JSON.
        const [first, ...more] = summary(text);
        if (first?.includes('stands twice')) return expect(message).toContain('unknown key');
        expect(more.length > 0 ? 'the document is not JSON' : first).toContain(message);
      }),
      { numRuns: 2000 },
    );
  });

  /** A fuzzer, or an author at 3 a.m.: bad input never looks like a bug of the simulator. */
  test('junk makes no error but a ScenarioError', () => {
    const junk = fc.anything({ withSparseArray: true, withNullPrototype: true });
    const args = fc.dictionary(fc.constantFrom(...argumentNames()), fc.oneof(junk, fc.string()));
    const call = fc.constantFrom(...Object.keys(calls));
    const step = fc.oneof(junk, fc.record({ call, args }), fc.record({ call, args, bind: junk }));
    const scenario = fc.record({ steps: fc.oneof(junk, fc.array(step)), threads: junk });
    const sound = fc.record({ steps: fc.array(step) });
    fc.assert(
      fc.property(fc.oneof(junk, scenario, sound), (value) => {
        expect(messageOf(value)).toEqual(expect.any(String));
      }),
      { numRuns: 1000 },
    );
  });

  /** Whoever stores a scenario in a tool that formats JSON its own way. */
  test('a scenario means the same on one line and pretty-printed', () => {
    const steps = [
      { call: 'eventfd2', args: { initval: 0xffffffff, flags: 'EFD_NONBLOCK' }, bind: ['e'] },
      { call: 'poll', args: { fds: [{ fd: '$e', events: 'POLLIN' }], timeout: -1 }, thread: 't1' },
      { call: 'tgkill', args: { thread: 't1', signal: 'SIGUSR1' } },
    ];
    const document = { name: 'é', threads, steps };
    const indents = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.constantFrom('\t', ' \t'));
    fc.assert(
      fc.property(indents, (indent) => {
        const scenario = readScenario(JSON.stringify(document, null, indent));
        expect(scenario).toEqual(parseScenario(document));
      }),
    );
  });
});

function argumentNames(): string[] {
  return Object.values(calls).flatMap((spec) => Object.keys(spec.args));
}
