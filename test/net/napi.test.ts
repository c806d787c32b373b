import { describe, expect, test } from 'vitest';
import { AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET } from '../../src/index.ts';
import { datagrams, ms, pair } from '../support/hosts.ts';
import { Recorder } from '../support/trace.ts';

/** What the kernel does when `count` datagrams come at the same time, and how many are read. */
function burst(count: number): { lines: string[]; read: number | undefined } {
  const tracer = new Recorder();
  const { machine, a, b } = pair({ latency_ns: 5 * ms, queue: count }, { tracer });
  const reader = machine.spawn(
    function* (sys) {
      const fd = yield* datagrams(sys, b, 9);
      yield* sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, 1_000_000);
      for (let i = 0; i < count; i++) yield* sys.read(fd, new Uint8Array(1));
      return count;
    },
    { host: b },
  );
  machine.spawn(
    function* (sys) {
      const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
      yield* sys.connect(fd, b.sockaddr(9));
      for (let i = 0; i < count; i++) yield* sys.write(fd, 'x');
    },
    { host: a },
  );
  machine.run();
  const { result } = reader;
  return { lines: tracer.lines, read: result?.how === 'returned' ? result.value : undefined };
}

const entered = (lines: readonly string[], fn: string): number =>
  lines.filter((line) => line === `enter ${fn}`).length;

describe('a packet that comes by a link', () => {
  /** The hard interrupt does next to nothing; the softirq on its way out does the rest. */
  test('is received by NET_RX_SOFTIRQ, which asks the device, after an interrupt', () => {
    const { lines, read } = burst(1);
    const steps = ['hrtimer_interrupt', 'net_rx_action', 'napi_poll', 'udp_rcv'];
    const at = steps.map((fn) => lines.indexOf(`enter ${fn}`));

    expect(read).toBe(1);
    expect(at[0]).toBeGreaterThan(-1);
    expect(at).toEqual([...at].sort((x, y) => x - y));
    expect(lines.slice(at[0], at[3]).some((line) => line.startsWith('irq '))).toBe(true);
  });
});

describe('a device', () => {
  /** NAPI_POLL_WEIGHT: 64, 64, 64 and 8; and once more, as it interrupted while it was asked. */
  test('with 200 packets is asked for 64 at a time, in a softirq each', () => {
    const { lines, read } = burst(200);

    expect(read).toBe(200);
    expect(entered(lines, 'napi_poll')).toBe(5);
    expect(entered(lines, 'net_rx_action')).toBe(4);
    expect(entered(lines, 'hrtimer_interrupt')).toBe(1);
  });
});
