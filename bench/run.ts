/**
 * Plays the same work on the model and on the running kernel, in turn, and compares.
 *
 * One round: write + epoll_wait + read of one byte over a Unix socket pair. The model runs from
 * dist/, as users get it, through the public API. Absolute times say little on a busy machine; the
 * ratio of the medians of one run does.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Epollsim from '../src/index.ts';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '../dist/src/index.js');
const rounds = 50_000;
const repeats = 15;
const wantsJson = process.argv.includes('--json');

interface Row {
  readonly name: string;
  readonly size: number;
  readonly model_ns: number;
  readonly linux_ns: number | null;
  /** How many times the model's duration fits into the kernel's. */
  readonly ratio: number | null;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Runs the rounds once on a new machine; ns a round. */
function modelRound(epollsim: typeof Epollsim, trigger: 'lt' | 'et'): number {
  const { AF_UNIX, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, Machine, SOCK_NONBLOCK, SOCK_STREAM } =
    epollsim;
  const machine = new Machine();
  let elapsed = 0n;
  machine.spawn(function* (sys) {
    const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    const events = EPOLLIN | (trigger === 'et' ? EPOLLET : 0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events });
    const byte = new Uint8Array([0x78]);
    const start = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) {
      yield* sys.write(writer, byte);
      const ready = yield* sys.epoll_wait(ep, 1, 0);
      sys.assert(ready.ret === 1, 'the byte is reported');
      yield* sys.read(reader, byte);
    }
    elapsed = process.hrtime.bigint() - start;
  });
  machine.run();
  return Number(elapsed) / rounds;
}

/** Builds the C program; null, with the reason on standard error, where that cannot be. */
function buildLinux(folder: string): string | null {
  if (process.platform !== 'linux') {
    process.stderr.write('no comparison: this is not Linux\n');
    return null;
  }
  const program = join(folder, 'linux');
  try {
    execFileSync('cc', ['-O2', '-o', program, join(here, 'linux.c')], { stdio: 'pipe' });
    return program;
  } catch {
    process.stderr.write('no comparison: no C compiler (cc) found, or it failed\n');
    return null;
  }
}

const linuxRound = (program: string, trigger: string): number =>
  Number(execFileSync(program, [trigger, String(rounds), '1'], { encoding: 'utf8' }));

function measure(epollsim: typeof Epollsim, program: string | null, trigger: 'lt' | 'et'): Row {
  const model: number[] = [];
  const linux: number[] = [];
  for (let i = 0; i < repeats; i++) {
    model.push(modelRound(epollsim, trigger));
    if (program !== null) linux.push(linuxRound(program, trigger));
  }
  const model_ns = median(model);
  const linux_ns = program === null ? null : median(linux);
  const ratio = linux_ns === null ? null : linux_ns / model_ns;
  return { name: `unix pair, ${trigger.toUpperCase()}`, size: 1, model_ns, linux_ns, ratio };
}

const show = (ns: number | null): string =>
  (ns === null ? '–' : `${ns.toFixed(0)} ns`).padStart(10);

async function main(): Promise<void> {
  if (!existsSync(dist)) {
    process.stderr.write('dist/ is missing: run `npm run build` first\n');
    process.exitCode = 2;
    return;
  }
  const epollsim: typeof Epollsim = await import(dist);
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-bench-'));
  const program = buildLinux(folder);
  const rows = (['lt', 'et'] as const).map((trigger) => measure(epollsim, program, trigger));
  rmSync(folder, { recursive: true, force: true });
  if (wantsJson) {
    process.stdout.write(`${JSON.stringify({ rows })}\n`);
    return;
  }
  process.stdout.write(`write + epoll_wait + read, medians of ${repeats} × ${rounds} rounds\n`);
  process.stdout.write(
    `${''.padEnd(14)}${'model'.padStart(10)}${'Linux'.padStart(10)}  Linux/model\n`,
  );
  for (const { name, model_ns, linux_ns, ratio } of rows) {
    const times = ratio === null ? '–' : ratio.toFixed(2);
    process.stdout.write(
      `${name.padEnd(14)}${show(model_ns)}${show(linux_ns)}  ${times.padStart(11)}\n`,
    );
  }
}

await main();
