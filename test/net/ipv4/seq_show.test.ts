/**
 * The tables of sockets: as Linux 6.18 has shown them, and next to those of the kernel that runs this
 * test. Where there is none to be asked, that is said.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { mainRelease, runningKernel } from '../../../conformance/kernels.ts';
import { whyNotLive } from '../../../conformance/live.ts';
import {
  AF_INET,
  type Code,
  INADDR_LOOPBACK,
  SHUT_WR,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  type Sys,
} from '../../../src/index.ts';
import { newestKernel } from '../../../src/kernel/history.ts';
import { ms, pair } from '../../support/hosts.ts';
import { inMachine } from '../../support/run.ts';

const at = (port: number) => ({ family: AF_INET, addr: INADDR_LOOPBACK, port });

/** What seq_show.c does and prints. */
function* steps(sys: Sys, port: number): Code<string> {
  let printed = '';
  function* show(name: 'tcp' | 'udp'): Code<void> {
    printed += `${(yield* sys.procNet(name)).text}--\n`;
  }
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.bind(listener, at(port));
  yield* sys.listen(listener, 7);
  const client = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.connect(client, at(port));
  yield* show('tcp');
  const server = yield* sys.accept4(listener, 0);
  yield* sys.write(client, 'hello');
  yield* sys.read(server, new Uint8Array(3));
  yield* sys.setsockopt(server, SOL_SOCKET, SO_KEEPALIVE, 1);
  yield* show('tcp');
  yield* sys.shutdown(client, SHUT_WR);
  yield* show('tcp');
  yield* sys.read(server, new Uint8Array(9));
  yield* sys.read(server, new Uint8Array(9));
  yield* sys.close(server);
  yield* show('tcp');

  const bound = yield* sys.socket(AF_INET, SOCK_DGRAM);
  const sender = yield* sys.socket(AF_INET, SOCK_DGRAM);
  yield* sys.bind(bound, at(port));
  yield* sys.connect(sender, at(port));
  yield* sys.write(sender, 'abc');
  yield* show('udp');
  yield* sys.setsockopt(bound, SOL_SOCKET, SO_RCVBUF, 2000);
  for (let i = 0; i < 9; i++) yield* sys.write(sender, new Uint8Array(500));
  yield* show('udp');
  return printed;
}

/**
 * What two systems have in common: without the numbers of lines and inodes, references and addresses;
 * the port that was chosen has no number either, and times that run are only told from those that do
 * not. Blanks stay, so that each line is as long as it was, but for the inode.
 */
function common(printed: string, port: number): string[][] {
  const bound = port.toString(16).toUpperCase().padStart(4, '0');
  const line =
    /^ *\d+: (.{8}:.{4} .{8}:.{4} .. .{17}) (..):(.{8}) (.{8} +)\d+( +\d+) (\d+) \d+ [0-9a-f]{16}(.*)$/;
  const comparable = (text: string): string =>
    text
      .replace(line, (_, ends, active, when, retransmits, timeout, inode, rest) =>
        [
          ends,
          `${active}:${/[1-9A-F]/.test(when) ? 'runs' : 'rests'}`,
          `${retransmits}${timeout}`,
          inode === '0' ? 'no inode' : 'inode',
          rest.trimEnd(),
        ].join(' '),
      )
      .replaceAll(/:(?!0000|runs|rests)[0-9A-F]{4}(?= )/g, (found) =>
        found === `:${bound}` ? ':bound' : ':chosen',
      );
  return printed
    .split('--\n')
    .slice(0, -1)
    .map((table) => table.split('\n').slice(0, -1).map(comparable).sort());
}

describe('the tables of sockets', () => {
  /** Whoever reads the table by its columns, or seeks by the length of its lines. Seen on 6.18. */
  test('have the columns of Linux 6.18, as wide as there', () => {
    const [first = '', , , , udp = ''] = inMachine((sys) => steps(sys, 8888)).split('--\n');

    expect(first.split('\n')).toEqual([
      `${'  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'.padEnd(149)}`,
      `${'   0: 0100007F:22B8 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 10001 1 0000000000000000 100 0 0 10 0'.padEnd(149)}`,
      `${'   1: 0100007F:8000 0100007F:22B8 01 00000000:00000000 00:00000000 00000000     0        0 10002 1 0000000000000000 20 0 0 10 -1'.padEnd(149)}`,
      `${'   2: 0100007F:22B8 0100007F:8000 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 0 0 10 -1'.padEnd(149)}`,
      '',
    ]);
    expect(udp.split('\n')).toEqual([
      `${'   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops'.padEnd(127)}`,
      `${' 8888: 0100007F:22B8 00000000:0000 07 00000000:00000340 00:00000000 00000000     0        0 10004 2 0000000000000000 0'.padEnd(127)}`,
      `${'32768: 0100007F:8000 0100007F:22B8 01 00000000:00000000 00:00000000 00000000     0        0 10005 2 0000000000000000 0'.padEnd(127)}`,
      '',
    ]);
  });

  /** A handshake that hangs is neither a socket nor nothing: SYN_RECV, with the timer of its answer. */
  test('show a request whose handshake is under way, and who sends a SYN again', () => {
    const { machine, a, b, wire } = pair({ latency_ns: ms });
    const connect = function* (sys: Sys): Code<string> {
      const fd = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
      yield* sys.connect(fd, b.sockaddr(80));
      yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 500 * ms });
      return (yield* sys.procNet('tcp')).text;
    };
    const listen = function* (sys: Sys): Code<string> {
      const fd = yield* sys.socket(AF_INET, SOCK_STREAM);
      yield* sys.bind(fd, b.sockaddr(80));
      yield* sys.listen(fd, 1);
      yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 500 * ms });
      return (yield* sys.procNet('tcp')).text;
    };
    const server = machine.spawn(listen, { host: b });
    const client = machine.spawn(connect, { host: a });
    wire.partition(b);
    machine.run();
    const lines = [client, server].flatMap(({ result }) =>
      result?.how === 'returned' ? result.value.split('\n').slice(1, -1) : [],
    );

    expect(lines.map((line) => line.slice(6, 80))).toEqual(
      [
        '0100000A:8000 0200000A:0050 02 00000001:00000000 01:00000032 00000001     0',
        '0200000A:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0',
        '0200000A:0050 0100000A:8000 03 00000000:00000000 01:00000096 00000001     0',
      ].map((line) => line.slice(0, 74)),
    );
  });
});

const reason = whyNotLive();
const running = runningKernel();
console.log(
  reason === null
    ? `/proc/net: the tables are compared with those of Linux ${running}`
    : `/proc/net: skipped, the tables are not compared with a running kernel: ${reason}`,
);

/** Builds and runs seq_show.c. */
function onLinux(port: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-'));
  try {
    const source = fileURLToPath(new URL('seq_show.c', import.meta.url));
    const program = join(folder, 'seq_show');
    const built = spawnSync(process.env['CC'] ?? 'cc', ['-o', program, source]);
    expect(built.status, String(built.stderr)).toBe(0);
    return spawnSync(program, [String(port)], { encoding: 'utf8' }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let port = 0;

/**
 * On another release a difference is a finding about that release, and no failure. On a machine that is
 * busy a delayed ACK may be too quick; with another port it is tried again.
 */
test.runIf(reason === null && mainRelease(running) === newestKernel)(
  'the tables of the running kernel say the same after the same calls',
  { retry: 3 },
  () => {
    port = 10_000 + ((port + process.pid) % 20_000);
    const here = inMachine((sys) => steps(sys, port));

    expect(common(here, port)).toEqual(common(onLinux(port), port));
  },
);
