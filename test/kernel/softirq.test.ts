import { expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import { HRTIMER_NORESTART, hrtimer, hrtimer_start, ktime_get } from '../../src/kernel/hrtimer.ts';
import type { Kernel } from '../../src/kernel/op.ts';
import {
  irqExit,
  local_bh_disable,
  local_bh_enable,
  local_softirq_pending,
  NET_RX_SOFTIRQ,
  open_softirq,
  raise_softirq_irqoff,
  softirq_count,
  TIMER_SOFTIRQ,
} from '../../src/kernel/softirq.ts';
import { runAlone } from '../support/run.ts';

/** Runs kernel code that may say something, with softirqs that say their name. */
function saying(code: (say: (what: string) => void) => Kernel<void>): string[] {
  const said: string[] = [];
  runAlone(function* () {
    const names: [number, string][] = [
      [TIMER_SOFTIRQ, 'timer'],
      [NET_RX_SOFTIRQ, 'net'],
    ];
    for (const [nr, name] of names) {
      open_softirq(current.kernel, nr, function* () {
        said.push(softirq_count() === 0 ? `${name} out of place` : name);
      });
    }
    yield* code((what) => said.push(what));
  });
  return said;
}

/** A packet that a driver leaves behind is received before the sender goes on. */
test('a pending softirq runs at the end of the outermost bottom-half section', () => {
  const said = saying(function* (say) {
    local_bh_disable();
    local_bh_disable();
    raise_softirq_irqoff(NET_RX_SOFTIRQ);
    yield* local_bh_enable();
    say('inner end');
    yield* local_bh_enable();
    say('outer end');
  });

  expect(said).toEqual(['inner end', 'net', 'outer end']);
});

/** Timers first, then packets: the order of the numbers, not of the raising. */
test('pending softirqs run in the order of their numbers, each once', () => {
  const said = saying(function* () {
    local_bh_disable();
    for (const nr of [NET_RX_SOFTIRQ, TIMER_SOFTIRQ, NET_RX_SOFTIRQ]) raise_softirq_irqoff(nr);
    yield* local_bh_enable();
    expect(local_softirq_pending()).toBe(0);
  });

  expect(said).toEqual(['timer', 'net']);
});

/** A receiver that answers must not be called again from within: its answer waits its turn. */
test('a softirq that is raised in a softirq runs after it, not in it', () => {
  let depth = 0;
  let runs = 0;
  runAlone(function* () {
    open_softirq(current.kernel, NET_RX_SOFTIRQ, function* () {
      expect(++depth).toBe(1);
      if (runs++ === 0) {
        local_bh_disable();
        raise_softirq_irqoff(NET_RX_SOFTIRQ);
        yield* local_bh_enable();
      }
      depth--;
    });
    local_bh_disable();
    raise_softirq_irqoff(NET_RX_SOFTIRQ);
    yield* local_bh_enable();
  });

  expect(runs).toBe(2);
});

/** An interrupt that finds a socket being looked at must not touch it. */
test('an interrupt in a bottom-half section leaves its softirq to the end of the section', () => {
  const said = saying(function* (say) {
    const timer = new hrtimer('t', function* () {
      raise_softirq_irqoff(NET_RX_SOFTIRQ);
      yield* irqExit();
      say('interrupt ends');
      return HRTIMER_NORESTART;
    });
    hrtimer_start(timer, ktime_get());
    local_bh_disable();
    yield current.files.lookup; // A point, at which the interrupt comes.
    say('still in the section');
    yield* local_bh_enable();
  });

  expect(said).toEqual(['interrupt ends', 'still in the section', 'net']);
});
