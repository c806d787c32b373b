import { describe, expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import {
  HRTIMER_NORESTART,
  HRTIMER_RESTART,
  hrtimer,
  hrtimer_cancel,
  hrtimer_forward_now,
  hrtimer_start,
  KTIME_MAX,
  ktime_get,
  nextTimer,
  schedule_hrtimeout_range,
} from '../../src/kernel/hrtimer.ts';
import type { Kernel } from '../../src/kernel/op.ts';
import {
  schedule,
  TASK_INTERRUPTIBLE,
  type task_struct,
  wake_up_process,
} from '../../src/kernel/sched.ts';
import { EINTR, EINVAL } from '../../src/kernel/uapi/errno.ts';
import { Machine } from '../../src/sim/machine.ts';
import { inMachine, runAlone, runTogether } from '../support/run.ts';

const MS = 1_000_000;

/** Starts timers that log their names and the time at which they fire, from now on. */
function firing(start: (timer: (name: string) => hrtimer, now: number) => void): string[] {
  const log: string[] = [];
  runAlone(function* () {
    const now = ktime_get();
    const timer = (name: string): hrtimer =>
      new hrtimer(name, function* () {
        log.push(`${name} +${(ktime_get() - now) / MS}`);
        return HRTIMER_NORESTART;
      });
    start(timer, now);
  });
  return log;
}

describe('the queue', () => {
  /** A server with thousands of time-outs must see the nearest first. */
  test('timers fire in the order of their expiry, at their own time', () => {
    const log = firing((timer, now) => {
      hrtimer_start(timer('late'), now + 30 * MS);
      hrtimer_start(timer('early'), now + 10 * MS);
      hrtimer_start(timer('middle'), now + 20 * MS);
    });

    expect(log).toEqual(['early +10', 'middle +20', 'late +30']);
  });

  /** Two sleeps of the same length end in the order in which they began: the same bytes each run. */
  test('timers of the same time fire in the order in which they were started', () => {
    const log = firing((timer, now) => {
      for (const name of ['a', 'b', 'c']) hrtimer_start(timer(name), now + MS);
    });

    expect(log).toEqual(['a +1', 'b +1', 'c +1']);
  });

  /** A point of time that is over is no reason to wait, and none to turn the clock back. */
  test('a timer in the past fires at once and leaves the clock alone', () => {
    const log = firing((timer, now) => hrtimer_start(timer('past'), now - 5 * MS));

    expect(log).toEqual(['past +0']);
  });

  /** epoll_wait cancels its timer when an event comes first. */
  test('a timer that was cancelled does not fire', () => {
    const answers: boolean[] = [];
    const log = firing((timer, now) => {
      const t = timer('cancelled');
      hrtimer_start(t, now + MS);
      answers.push(hrtimer_cancel(t), hrtimer_cancel(t));
    });

    expect(log).toEqual([]);
    expect(answers).toEqual([true, false]);
  });

  /** timerfd_settime() of a timer that runs: the old expiry is forgotten. */
  test('a timer that is started again fires once, at the new time', () => {
    const log = firing((timer, now) => {
      const t = timer('moved');
      hrtimer_start(t, now + MS);
      hrtimer_start(t, now + 3 * MS);
    });

    expect(log).toEqual(['moved +3']);
  });

  /** How a periodic timer goes on. */
  test('a timer whose function asks for it goes on at its new expiry', () => {
    const log: number[] = [];
    runAlone(function* () {
      const start = ktime_get();
      const timer = new hrtimer('tick', function* () {
        log.push((ktime_get() - start) / MS);
        hrtimer_forward_now(timer, 10 * MS);
        return log.length < 3 ? HRTIMER_RESTART : HRTIMER_NORESTART;
      });
      hrtimer_start(timer, start + 10 * MS);
    });

    expect(log).toEqual([10, 20, 30]);
  });

  /** timerfd counts what it missed: read() must not lose a tick. */
  test.each([
    [-1, 0, -1],
    [0, 1, 10],
    [9, 1, 10],
    [10, 2, 20],
    [25, 3, 30],
  ])(
    'hrtimer_forward_now of a timer %i late makes up for %i intervals',
    (late, overruns, moved) => {
      const [count, by] = runAlone(function* () {
        const timer = new hrtimer('t', function* () {
          return HRTIMER_NORESTART;
        });
        timer.expires = ktime_get() - late;
        const before = timer.expires;
        return [hrtimer_forward_now(timer, 10), timer.expires - before] as const;
      });

      expect(count).toBe(overruns);
      expect(by).toBe(Math.max(moved, 0));
    },
  );

  /** A time-out of centuries must not overflow into the past. */
  test('an expiry beyond the end of time is kept at its end, and never comes', () => {
    const seen = runAlone(function* () {
      const timer = new hrtimer('t', function* () {
        return HRTIMER_NORESTART;
      });
      hrtimer_start(timer, Number.MAX_VALUE);
      const next = nextTimer(current.kernel.hrtimers);
      return [timer.expires, next, hrtimer_cancel(timer)];
    });

    expect(seen).toEqual([KTIME_MAX, null, true]);
  });

  /** epoll_pwait2 with a time-out of centuries sleeps like one without. */
  test('a task that sleeps to the end of time does not keep the machine running', () => {
    const machine = new Machine();
    machine.spawn(function* (sys) {
      yield* sys.epoll_pwait2(yield* sys.epoll_create1(0), 1, { tv_sec: 2 ** 53, tv_nsec: 0 });
    });
    const { asleep } = machine.run();

    expect(asleep).toHaveLength(1);
    expect(machine.kernel.hrtimers.now_ns).toBe(1_000_000_000);
  });

  /** A timer's function runs in interrupt context: it must not sleep. */
  test('a timer function that sleeps is a kernel bug', () => {
    const code = function* () {
      const timer = new hrtimer('t', function* () {
        current.__state = TASK_INTERRUPTIBLE;
        yield schedule(current);
        return HRTIMER_NORESTART;
      });
      hrtimer_start(timer, ktime_get() + MS);
    };

    expect(() => runAlone(code)).toThrow(/sleeping while atomic/);
  });
});

describe('schedule_hrtimeout_range', () => {
  function* sleep(expires: (now: number) => number | null): Kernel<[number, number]> {
    const start = ktime_get();
    current.__state = TASK_INTERRUPTIBLE;
    const ret = yield* schedule_hrtimeout_range(expires(start), 0);
    return [ret, (ktime_get() - start) / MS];
  }

  /** What tells a time-out from an event in epoll_wait and poll. */
  test('it is 0 when the time has come', () => {
    expect(runAlone(() => sleep((now) => now + 7 * MS))).toEqual([0, 7]);
  });

  /** A zero timeout must not even give the CPU away. */
  test('it is 0 at once for the time 0', () => {
    expect(runAlone(() => sleep(() => 0))).toEqual([0, 0]);
  });

  /** The sleeper that is woken in time harvests. */
  test.each([
    ['a deadline', (now: number) => now + 7 * MS],
    ['no deadline', () => null],
  ])('it is -EINTR when somebody wakes the sleeper first, with %s', (_what, expires) => {
    const seen: unknown[] = [];
    let sleeper: task_struct | null = null;

    const stuck = runTogether({
      sleeper: function* () {
        sleeper = current;
        seen.push(yield* sleep(expires));
        seen.push(nextTimer(current.kernel.hrtimers));
      },
      waker: function* () {
        wake_up_process(sleeper as unknown as task_struct);
      },
    });

    expect(stuck).toEqual([]);
    expect(seen).toEqual([[-EINTR, 0], null]);
  });
});

describe('nanosleep', () => {
  /** The virtual clock jumps: a test that sleeps an hour takes no time. */
  test('nanosleep takes exactly as long as it was told, by the virtual clock', () => {
    const waited = inMachine(function* (sys) {
      const start = ktime_get();
      yield* sys.nanosleep({ tv_sec: 3600, tv_nsec: 5 });
      return ktime_get() - start;
    });

    expect(waited).toBe(3_600_000_000_005);
  });

  /** nanosleep(2): EINVAL (verified on 6.18). */
  test.each([
    [-1, 0],
    [0, 1_000_000_000],
    [0, -1],
  ])('nanosleep of %i s %i ns is -EINVAL', (tv_sec, tv_nsec) => {
    expect(inMachine((sys) => sys.nanosleep({ tv_sec, tv_nsec }))).toBe(-EINVAL);
  });
});
