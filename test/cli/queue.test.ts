/**
 * Checks that workers behind a queue share, all of them processes of their own: what comes of them is
 * what comes of one process, whatever is killed meanwhile.
 */
import type { ChildProcess } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue, QueueEvents, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readCheck } from '../../src/cli/check_options.ts';
import { UsageError } from '../../src/cli/errors.ts';
import { readWorker } from '../../src/cli/queue/worker_options.ts';
import { concurrently, read, wait, watchedPair, write } from '../support/outcomes.ts';
import { killServers, RedisServer, whyNoRedis } from '../support/redis.ts';
import { endOf, epollsim, fileWith, lines, type StartOptions, startEpollsim } from './run.ts';

const reason = whyNoRedis();
console.log(reason === null ? 'queue: with a Redis' : `queue: skipped, ${reason}`);
const withRedis = describe.skipIf(reason !== null);

const slow = { timeout: 240_000 };

/** A writer and two waiters with one event, and two who look; in two modules. */
const program = `
import { EFD_NONBLOCK, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Sys } from 'epollsim';
import { one, seen } from './parts/state';
export default function* main(sys: Sys) {
  [seen.events, seen.early] = [0, 0];
  const event = yield* sys.eventfd2(0, EFD_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN | EPOLLET });
  const writer = function* (sys: Sys) { yield* sys.write(event, one); };
  const waiter = function* (sys: Sys) { seen.events += (yield* sys.epoll_wait(ep, 1, 0)).ret; };
  const looker = function* () { seen.early = seen.events; };
  const threads: number[] = [];
  for (const code of [writer, waiter, waiter, looker, looker]) {
    threads.push(yield* sys.pthread_create(code));
  }
  for (const thread of threads) yield* sys.pthread_join(thread);
  return [seen.events, seen.early];
}`;
const state = `
export const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
export const seen = { events: 0, early: 0 };`;

function programFile(text: string = program): string {
  const path = fileWith(text, 'server.ts');
  mkdirSync(join(dirname(path), 'parts'));
  writeFileSync(join(dirname(path), 'parts/state.ts'), state);
  return path;
}

interface Event {
  readonly event: string;
  readonly part?: string;
  readonly executions?: number;
}

/** A process of the command, and what it has said so far. */
class Command {
  readonly child: ChildProcess;
  readonly ended: ReturnType<typeof endOf>;
  out = '';
  err = '';
  private changed: () => void = () => {};

  constructor(args: readonly string[], options: StartOptions = {}) {
    this.child = startEpollsim(args, options);
    this.ended = endOf(this.child);
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.out += chunk.toString();
      this.changed();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.err += chunk.toString();
      this.changed();
    });
    this.child.on('close', () => this.changed());
    running.add(this);
  }

  /** Comes back when it has said so much. */
  async until(isEnough: (command: this) => boolean): Promise<void> {
    while (!isEnough(this)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`it has ended, and has said: ${this.out}${this.err}`);
      }
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
  }

  /** Of a worker. */
  get events(): Event[] {
    return lines(this.out).map((line) => JSON.parse(line) as Event);
  }

  /** Comes back in the middle of the part after so many. */
  async inPart(after: number): Promise<void> {
    await this.until(() => this.events.filter(({ event }) => event === 'explored').length >= after);
    await this.until(() => this.events.at(-1)?.event === 'took');
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

const running: Set<Command> = new Set();

afterEach(() => {
  for (const command of running) command.kill('SIGKILL');
  running.clear();
});

/** A worker that takes parts. */
async function worker({ url }: RedisServer, options: StartOptions = {}): Promise<Command> {
  const command = new Command(['worker', '--json', '-j', '1', '--queue', url], options);
  await command.until(({ events }) => events.length > 0);
  return command;
}

const check = ({ url }: RedisServer, ...args: string[]): Command =>
  new Command(['check', '--json', '--queue', url, ...args]);

/**
 * What a check says, but how long it took, where its program lies, and how many executions were left
 * half way, which depends on how it was cut into parts.
 */
function verdictOf(out: string): object {
  const all = JSON.parse(out) as Record<string, unknown>;
  const { seconds: _, program: __, redundant: ___, ...verdict } = all;
  return verdict;
}

const known: object[] = [];

/** What one process says of the program. */
function alone(): object {
  if (known.length === 0) {
    known.push(verdictOf(epollsim(['check', '--json', '-j', '1', programFile()]).out));
  }
  return known[0] as object;
}

/** The check ends, and says what one process does. */
async function expectSame(command: Command): Promise<void> {
  expect(await command.ended).toMatchObject({ how: 0 });
  expect(verdictOf(command.out)).toEqual(alone());
}

/** What was found, and where it comes from. */
const sentencesOf = (out: string): string[][] =>
  (JSON.parse(out) as { findings: { cause: string; sentence: string }[] }).findings.map(
    ({ cause, sentence }) => [cause, sentence],
  );

const partsOf = (command: Command, kind: string): Set<string> =>
  new Set(
    command.events.flatMap(({ event, part }) =>
      event === kind && part !== undefined ? [part] : [],
    ),
  );

const lastTaken = (command: Command): string => [...partsOf(command, 'took')].at(-1) as string;

const common = (one: ReadonlySet<string>, other: ReadonlySet<string>): string[] =>
  [...one].filter((part) => other.has(part));

/** Puts each part into the queue once more when it has been explored. */
class Repeating {
  /** How many times it did. */
  times = 0;
  private readonly clients: readonly Redis[];
  private readonly queue: Queue;
  private readonly events: QueueEvents;
  private readonly known: Map<string, unknown> = new Map();

  static async of(server: RedisServer): Promise<Repeating> {
    const client = server.client();
    const [meta = ''] = await client.keys('{epollsim}:parts-*:meta');
    return new Repeating([client, server.client()], meta.split(':')[1] as string);
  }

  private constructor(clients: readonly [Redis, Redis], name: string) {
    const [forJobs, forEvents] = clients;
    this.clients = clients;
    this.queue = new Queue(name, { connection: forJobs, prefix: '{epollsim}' });
    this.events = new QueueEvents(name, { connection: forEvents, prefix: '{epollsim}' });
    this.events.on('active', ({ jobId }) => void this.keep(jobId));
    this.events.on('completed', ({ jobId }) => setTimeout(() => void this.repeat(jobId), 50));
  }

  private async keep(id: string): Promise<void> {
    if (!this.known.has(id)) this.known.set(id, (await this.queue.getJob(id))?.data ?? null);
  }

  private async repeat(id: string): Promise<void> {
    const data = this.known.get(id) ?? null;
    this.known.set(id, null);
    if (data === null) return;
    await this.queue.add('part', data, { jobId: id });
    this.times++;
  }

  async end(): Promise<void> {
    await this.events.close();
    for (const client of this.clients) client.disconnect();
  }
}

afterAll(killServers);

withRedis('check --queue', slow, () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
    expect(alone()).toMatchObject({ complete: true, findings: [] });
  }, slow.timeout);

  /** Nobody copies the program to every machine; and nothing of it is left there. */
  test('comes to what one process comes to, with workers that have no file of it', async () => {
    const path = programFile();
    const folder = mkdtempSync(join(tmpdir(), 'epollsim-away-'));
    const command = check(redis, path);
    await command.until(({ err }) => err.includes('no worker is there'));
    rmSync(dirname(path), { recursive: true });
    const env = { ...process.env, TMPDIR: folder };
    const workers = [await worker(redis, { env }), await worker(redis, { env })];
    await expectSame(command);

    expect(command.err).toBe(
      `epollsim: ${path}: no worker is there: waiting for "epollsim worker --queue ${redis.url}"\n`,
    );
    for (const one of workers) {
      expect(partsOf(one, 'explored').size).toBeGreaterThan(0);
      one.kill('SIGTERM');
      expect(await one.ended).toEqual({ how: 0, err: '' });
      expect(one.events.at(-1)?.event).toBe('end');
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('epollsim-'))).toEqual([]);
  });

  /** A machine is switched off. */
  test('loses nothing with a worker that is killed in the middle of a part', async () => {
    const [first, second] = [await worker(redis), await worker(redis)];
    const command = check(redis, programFile());
    await first.inPart(1);
    first.kill('SIGKILL');
    await first.ended;
    const lost = lastTaken(first);
    await expectSame(command);

    expect(partsOf(first, 'explored').has(lost)).toBe(false);
    expect(partsOf(second, 'explored').has(lost)).toBe(true);
  });

  /** A machine sleeps for a while, and goes on as if nothing had been. */
  test('counts a part once that two workers have explored', async () => {
    const [first, second] = [await worker(redis), await worker(redis)];
    const command = check(redis, programFile());
    await first.inPart(1);
    first.kill('SIGSTOP');
    const late = lastTaken(first);
    await second.until((one) => partsOf(one, 'explored').has(late));
    first.kill('SIGCONT');
    await first.until((one) => partsOf(one, 'explored').has(late));
    await expectSame(command);
  });

  /** The orderly end of a worker is no accident. */
  test('takes what a worker hands back that is told to end', async () => {
    const [first, second] = [await worker(redis), await worker(redis)];
    const command = check(redis, programFile());
    await first.inPart(1);
    first.kill('SIGINT');
    expect(await first.ended).toEqual({ how: 0, err: '' });
    await expectSame(command);

    expect(partsOf(first, 'explored')).toEqual(partsOf(first, 'took'));
    expect(common(partsOf(first, 'took'), partsOf(second, 'took'))).toEqual([]);
  });

  /** Two people use one Redis. */
  test('does not meet another check on the same Redis', async () => {
    await worker(redis);
    const path = programFile(program.replace('return [seen', "return ['other', seen"));
    const [one, other] = [check(redis, programFile()), check(redis, path)];
    await expectSame(one);
    const { how } = await other.ended;
    const { out } = epollsim(['check', '--json', '-j', '1', path]);

    expect(how).toBe(0);
    expect(verdictOf(other.out)).toEqual(verdictOf(out));
  });

  /** A queue may deliver what it has delivered before, and BullMQ says so. */
  test('counts a part once whose result comes twice', async () => {
    const command = check(redis, programFile());
    await command.until(({ err }) => err.includes('no worker is there'));
    const repeating = await Repeating.of(redis);
    const first = await worker(redis);
    await expectSame(command);
    await repeating.end();

    const explored = first.events.filter(({ event }) => event === 'explored');
    expect(repeating.times).toBeGreaterThan(2);
    expect(explored.length).toBeGreaterThan(partsOf(first, 'explored').size + 1);
  });

  /** Ctrl-C keeps what was done, as it does without a queue. */
  test('ends at Ctrl-C with a checkpoint, and leaves no part behind', async () => {
    const server = await RedisServer.start();
    const helper = await worker(server);
    const [path, file] = [programFile(), fileWith('', 'checkpoint.json')];
    const command = check(server, '--checkpoint', file, path);
    await helper.inPart(1);
    command.kill('SIGINT');

    expect(await command.ended).toMatchObject({ how: 130 });
    expect(verdictOf(command.out)).toMatchObject({ complete: false, findings: [] });
    expect(await server.left()).toEqual([]);
    await expectSame(check(server, '--resume', file, path));
    await server.kill();
  });

  /** A batch job must not wait for ever for workers that nobody starts. */
  test('says that it waits for workers, once, and ends at its limit all the same', async () => {
    const [path, server] = [programFile(), await RedisServer.start()];
    const command = check(server, '--time-limit', '4', path);

    expect(await command.ended).toEqual({
      how: 4,
      err: `epollsim: ${path}: no worker is there: waiting for "epollsim worker --queue ${server.url}"\n`,
    });
    expect(verdictOf(command.out)).toMatchObject({ complete: false, limit: { limit: 'seconds' } });
    await server.kill();
  });

  /** What is found elsewhere is shown here, with the place in the program. */
  test('shows what a worker has found as one process does', async () => {
    const text = program
      .replace('const writer =', 'let first = 0; const writerOf = (i: number) =>')
      .replace('(event, one);', '(event, one); if (first === 0) first = i;')
      .replace('[writer, waiter,', '[writerOf(1), writerOf(2),')
      .replace('  return', "  if (first !== 1) throw new Error('the second was first');\n  return");
    const path = programFile(text);
    const helper = await worker(redis);
    const command = check(redis, path);
    const { how } = await command.ended;
    const { code, out } = epollsim(['check', '--json', '-j', '1', path]);

    expect({ how, code }).toEqual({ how: 1, code: 1 });
    expect(sentencesOf(command.out)).toEqual(sentencesOf(out));
    expect(sentencesOf(out)).toEqual([
      [
        'exception: server.ts:17',
        'A program threw what nobody caught: Error: the second was first.',
      ],
    ]);
    expect(partsOf(helper, 'explored').size).toBeGreaterThan(0);
  });

  /** A part that no worker survives is not handed out for ever. */
  test('ends where the queue gives up a part', async () => {
    const path = programFile();
    const command = check(redis, path);
    await command.until(({ err }) => err.includes('no worker is there'));
    const client = redis.client();
    const [meta = ''] = await client.keys('{epollsim}:parts-*:meta');
    const failing = new Worker(
      meta.split(':')[1] as string,
      () => Promise.reject(new Error('job stalled more than allowable limit')),
      { connection: client, prefix: '{epollsim}' },
    );
    const { url } = redis;
    const helper = new Command(['worker', '--json', '-j', '1', '--queue', url]);
    const { how, err } = await command.ended;
    await failing.close();
    client.disconnect();
    helper.kill('SIGTERM');

    expect(how).toBe(1);
    expect(err).toContain(
      `epollsim: ${path}: a part was given up by the queue: job stalled more than allowable limit`,
    );
  });

  /** The outcomes of a scenario are searched for in the same way. */
  test('lists the outcomes of a scenario as one process does', async () => {
    await worker(redis);
    const waits = [wait(0), wait(0)];
    const concurrent = { main: [write('b', 'x'), write('b', 'y')], t1: waits, t2: waits };
    const steps = watchedPair('EPOLLIN|EPOLLET');
    const scenario = fileWith(
      JSON.stringify(concurrently({ steps, concurrent, after: [read('a')] })),
    );
    const one = epollsim(['check', '--json', scenario]);
    const command = check(redis, scenario);

    expect(await command.ended).toMatchObject({ how: 0, err: '' });
    expect(command.out).toBe(one.out);
  });

  /** Whoever waits for an answer that never comes. */
  test('ends with the reason where the program cannot be loaded by a worker', async () => {
    const path = programFile(
      `import { name } from 'a-package';\n${program.replace('return', 'name(); return')}`,
    );
    const folder = join(dirname(path), 'node_modules/a-package');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type":"module","exports":"./a.js"}');
    writeFileSync(join(folder, 'a.js'), 'export const name = () => {};');
    const away = tmpdir();
    await worker(redis, { cwd: away });
    const command = check(redis, path);
    const { how, err } = await command.ended;

    expect(how).toBe(1);
    expect(err).toMatch(
      new RegExp(
        `^epollsim: ${path}: on worker \\S+: the program cannot be loaded: Error: ${path} imports ` +
          `"a-package", which is looked for from ${away}/, where the worker runs: Cannot find package`,
      ),
    );
  });
});

withRedis('A worker that runs something else', slow, () => {
  /** Somebody has updated one machine of two. Wrong numbers would look like right ones. */
  test('takes no part, and a check says why', async () => {
    const redis = await RedisServer.start();
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const copy = mkdtempSync(join(tmpdir(), 'epollsim-copy-'));
    for (const name of ['bin', 'src', 'package.json']) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const changed = join(copy, 'src/kernel/wait.ts');
    writeFileSync(changed, `${readFileSync(changed, 'utf8')}\n// One line more.\n`);
    const other = await worker(redis, { root: copy });
    const path = programFile();
    const { how, err } = await check(redis, path).ended;

    const runs = 'runs epollsim \\S+ \\(\\w{8}\\) on Node \\d+';
    expect(err).toMatch(
      new RegExp(
        `^epollsim: worker \\S+ ${runs}, and this is epollsim \\S+ \\(\\w{8}\\) on Node \\d+: it takes no part\\n` +
          `epollsim: no worker at ${redis.url} runs what this is: install the same everywhere\\n$`,
      ),
    );
    expect(how).toBe(2);

    await worker(redis);
    const command = check(redis, path);
    await expectSame(command);
    expect(command.err).toContain('it takes no part');
    expect(partsOf(other, 'took').size).toBe(0);
    await redis.kill();
  });
});

describe('A queue that cannot be had', slow, () => {
  /** An hour of waiting for a mistake in an address. */
  test.each([
    ['redis://127.0.0.1:9', 'cannot reach Redis at redis://127.0.0.1:9: connect ECONNREFUSED'],
    ['redis://me:secret@127.0.0.1:9/2', 'cannot reach Redis at redis://127.0.0.1:9/2: connect'],
    ['http://127.0.0.1', '--queue: expected redis://HOST:PORT, or rediss:// for TLS, found "http:'],
    ['http://me:secret@127.0.0.1', 'for TLS, found "http://…@127.0.0.1"'],
  ])('%s ends a check and a worker with 2', (url, message) => {
    for (const args of [['check', programFile()], ['worker']]) {
      const { code, err } = epollsim([...args, '--queue', url]);
      expect(code).toBe(2);
      expect(err).toContain(message);
      expect(err).not.toContain('secret');
    }
  });

  /** The two packages are optional. */
  test('is missed with the words to install it', () => {
    const hooks = `
      export const resolve = (specifier, context, next) => {
        if (specifier !== 'bullmq') return next(specifier, context);
        throw Object.assign(new Error('not there'), { code: 'ERR_MODULE_NOT_FOUND' });
      };`;
    const url = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
    const load = url(
      `import { register } from 'node:module'; register(${JSON.stringify(url(hooks))});`,
    );
    const { code, err } = epollsim(['worker', '--queue', 'redis://127.0.0.1:9'], '', [
      `--import=${load}`,
    ]);

    expect(code).toBe(2);
    expect(err).toBe(
      'epollsim: --queue needs packages that are not installed: npm install "bullmq@^6.7.0" "ioredis@^6.0.0"\n',
    );
  });

  /** Options that mean nothing beside it. */
  test.each([
    [['--strategy', 'pct'], '--queue: expected the exhaustive strategy'],
    [['--preemptions', '2'], '--queue: expected the exhaustive strategy, without --preemptions'],
    [['--workers', '2'], '--queue: expected no --workers beside it'],
  ])('is refused beside %j', (args, message) => {
    const all = ['check', 'x', '--queue', 'redis://127.0.0.1:9', ...args];
    expect(() => readCheck(all)).toThrow(UsageError);
    expect(() => readCheck(all)).toThrow(message);
  });

  test.each([
    [['worker'], 'worker: expected --queue redis://HOST:PORT'],
    [['worker', 'x', '--queue', 'redis://127.0.0.1:9'], 'worker: expected no file, found "x"'],
    [
      ['worker', '--queue', 'redis://127.0.0.1:9', '--jobs', '0'],
      '--jobs: expected an integer from 1',
    ],
  ])('a worker refuses %j', (args, message) => {
    expect(() => readWorker(args)).toThrow(UsageError);
    expect(() => readWorker(args)).toThrow(message);
  });
});

withRedis('A Redis that is started again', slow, () => {
  /** The power fails where the queue is; what it had is there again, or is not. */
  test.each([
    ['and has lost everything', false],
    ['and has kept everything', true],
  ])('%s costs no part', async (_, keeps) => {
    const redis = await RedisServer.start(keeps);
    const [helper, command] = [await worker(redis), check(redis, programFile())];
    await helper.inPart(1);
    await redis.kill();
    await command.until(({ err }) => err.includes('does not answer'));
    await redis.start();
    await expectSame(command);

    expect(helper.events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['lost', 'back']),
    );
    helper.kill('SIGTERM');
    expect(await helper.ended).toMatchObject({ how: 0 });
    await redis.kill();
  });

  /** The queue is gone for good, and Ctrl-C is all that is left. */
  test('or is not, and both sides end all the same when they are told to', async () => {
    const redis = await RedisServer.start();
    const file = fileWith('', 'checkpoint.json');
    const [helper, command] = [
      await worker(redis),
      check(redis, '--checkpoint', file, programFile()),
    ];
    await helper.inPart(1);
    await redis.kill();
    await command.until(({ err }) => err.includes('does not answer'));
    for (const one of [helper, command]) one.kill('SIGINT');

    expect(await command.ended).toMatchObject({ how: 130 });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ epollsim: 'checkpoint 1' });
    expect(await helper.ended).toMatchObject({ how: 0 });
  });
});
