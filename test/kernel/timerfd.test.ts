import { expect, test } from 'vitest';
import { __run_hrtimer } from '../../src/kernel/hrtimer.ts';
import type { itimerspec } from '../../src/kernel/time.ts';
import type { timerfd_ctx } from '../../src/kernel/timerfd.ts';
import {
  EAGAIN,
  EBADF,
  ECANCELED,
  EFAULT,
  EINTR,
  EINVAL,
  ENOTTY,
  EPERM,
} from '../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { F_GETFL, O_RDWR } from '../../src/kernel/uapi/fcntl.ts';
import { POLLIN } from '../../src/kernel/uapi/poll.ts';
import { SA_RESTART, SIGUSR1, SIGUSR2 } from '../../src/kernel/uapi/signal.ts';
import {
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_RAW,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
} from '../../src/kernel/uapi/time.ts';
import {
  TFD_IOC_SET_TICKS,
  TFD_NONBLOCK,
  TFD_TIMER_ABSTIME,
  TFD_TIMER_CANCEL_ON_SET,
} from '../../src/kernel/uapi/timerfd.ts';
import { CAP_WAKE_ALARM } from '../../src/kernel/user.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { dropCapability } from '../support/capabilities.ts';
import {
  fdinfo,
  inThread,
  ms,
  pause,
  polled,
  readCount,
  reported,
  watch,
} from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { byHand } from '../support/schedule.ts';
import { Recorder } from '../support/trace.ts';

/** First after `value` ms, then every `interval` ms. */
const after = (value: number, interval = 0): itimerspec => ({
  it_value: ms(value),
  it_interval: ms(interval),
});
const off = after(0);

/** A timer that does not block and fires as told. */
function* timer(sys: Sys, setting: itimerspec, clock = CLOCK_MONOTONIC): Code<number> {
  const fd = yield* sys.timerfd_create(clock, TFD_NONBLOCK);
  yield* sys.timerfd_settime(fd, 0, setting);
  return fd;
}

/** timerfd_create(2), ERRORS; TFD_TIMER_ABSTIME belongs to settime and is easily misplaced. */
test('timerfd_create refuses other clocks and other flags', () => {
  inMachine(function* (sys) {
    expect(yield* sys.timerfd_create(CLOCK_MONOTONIC_RAW, 0)).toBe(-EINVAL);
    expect(yield* sys.timerfd_create(CLOCK_MONOTONIC, TFD_TIMER_ABSTIME)).toBe(-EINVAL);
    const fd = yield* sys.timerfd_create(CLOCK_BOOTTIME_ALARM, TFD_NONBLOCK);
    expect(yield* sys.fcntl(fd, F_GETFL)).toBe(O_RDWR | TFD_NONBLOCK);
  });
});

/** Who passes two wrong arguments is told of the same one as on Linux. */
test('timerfd_settime checks the pointer, then flags and times, then the descriptor', () => {
  inMachine(function* (sys) {
    const wrong = { it_value: { tv_sec: 0, tv_nsec: 1e9 }, it_interval: ms(0) };
    expect(yield* sys.timerfd_settime(99, 8, null)).toBe(-EFAULT);
    expect(yield* sys.timerfd_settime(99, 8, off)).toBe(-EINVAL);
    expect(yield* sys.timerfd_settime(99, 0, wrong)).toBe(-EINVAL);
    expect(yield* sys.timerfd_settime(99, 0, off)).toBe(-EBADF);
    expect(yield* sys.timerfd_settime(0, 0, off)).toBe(-EINVAL);
    expect((yield* sys.timerfd_gettime(99)).ret).toBe(-EBADF);
    expect((yield* sys.timerfd_gettime(0)).ret).toBe(-EINVAL);
  });
});

/** A deadline: readable from its moment on, one tick, and then never again. */
test('a timer without a period fires once', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, after(30));
    expect((yield* sys.timerfd_gettime(fd)).it_value).toEqual(ms(30));
    expect(yield* polled(sys, fd)).toBe(0);
    yield* pause(sys, 40);
    expect(yield* polled(sys, fd)).toBe(POLLIN);
    expect((yield* sys.timerfd_gettime(fd)).it_value).toEqual(ms(0));
    expect(yield* readCount(sys, fd)).toBe(1);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
  });
});

/** timerfd_create(2): the buffer holds a uint64_t; the file cannot be written. */
test('a read needs room for eight bytes, and a write is EINVAL', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off);
    expect(yield* sys.read(fd, new Uint8Array(7))).toBe(-EINVAL);
    expect(yield* sys.write(fd, new Uint8Array(8))).toBe(-EINVAL);
  });
});

/** An ET loop that does not read its timer waits for ever: the timer is not started again. */
test('a periodic timer that nobody reads is one ET event, and a read starts it again', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, after(20, 20));
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* pause(sys, 30);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* pause(sys, 60);
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readCount(sys, fd)).toBe(4);
    yield* pause(sys, 20);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readCount(sys, fd)).toBe(1);
  });
});

/** The same loop, rescued by who only wants to know the time: asking starts the timer, too. */
test('timerfd_gettime counts the periods that went by, and starts the timer again', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, after(20, 20));
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* pause(sys, 50);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect((yield* sys.timerfd_gettime(fd)).it_value).toEqual(ms(10));
    yield* pause(sys, 15);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readCount(sys, fd)).toBe(3);
  });
});

/** A loop that moves its deadline between the event and the read must not block in that read. */
test('timerfd_settime takes back ticks that nobody read and events that nobody fetched', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, after(10));
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* pause(sys, 20);
    yield* sys.timerfd_settime(fd, 0, after(100));
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
  });
});

/** timerfd_settime(2), old_value: who puts a timer back needs its next expiry, not its last. */
test('the old value of a periodic timer that has fired is the time to its next expiry', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, after(20, 20));
    const old = after(0);
    yield* pause(sys, 50);
    yield* sys.timerfd_settime(fd, 0, off, old);
    expect(old).toEqual(after(10, 20));
    expect(yield* sys.timerfd_gettime(fd)).toEqual({ ...off, ret: 0 });
  });
});

/** An oddity of alarm clocks on Linux: a stopped one goes on to show when it would have fired. */
test('an alarm that is stopped still shows its time and does not fire', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, after(50), CLOCK_BOOTTIME_ALARM);
    yield* sys.timerfd_settime(fd, 0, off);
    expect((yield* sys.timerfd_gettime(fd)).it_value).toEqual(ms(50));
    yield* pause(sys, 60);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
  });
});

/** A moment that is past when the call is made: the program still gets its tick. */
test('an absolute time in the past fires', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off);
    yield* sys.timerfd_settime(fd, TFD_TIMER_ABSTIME, {
      ...off,
      it_value: { tv_sec: 0, tv_nsec: 1 },
    });
    yield* pause(sys);
    expect(yield* readCount(sys, fd)).toBe(1);
  });
});

/** Schedulers by wall clock: the two clocks count from different moments. */
test('an absolute time on CLOCK_REALTIME is a time of that clock', () => {
  inMachine(function* (sys) {
    const { hrtimers } = sys.task.kernel;
    hrtimers.realtime.offset = 5e9;
    const fd = yield* timer(sys, off, CLOCK_REALTIME);
    const in2s = { tv_sec: Math.floor(hrtimers.now_ns / 1e9) + 7, tv_nsec: hrtimers.now_ns % 1e9 };
    const flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    expect(yield* sys.timerfd_settime(fd, flags, { ...off, it_value: in2s })).toBe(0);
    expect((yield* sys.timerfd_gettime(fd)).it_value).toEqual(ms(2000));
  });
});

/** CRIU restores timers from these lines. */
test('fdinfo shows clock, ticks, flags in octal, and both times', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off);
    const it_value = { tv_sec: 1000, tv_nsec: 7 };
    yield* sys.timerfd_settime(fd, TFD_TIMER_ABSTIME, { it_value, it_interval: ms(2500) });
    const left = 1000 - sys.task.kernel.hrtimers.now_ns / 1e9;
    expect(yield* fdinfo(sys, fd)).toEqual([
      'clockid: 1',
      'ticks: 0',
      'settime flags: 01',
      `it_value: (${left}, 7)`,
      'it_interval: (2, 500000000)',
    ]);
  });
});

/** Two threads that block in read() on one timer: a tick is for one of them. */
test('an expiry wakes all blocked readers, and those that come too late sleep on', () => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const fd = yield* sys.timerfd_create(CLOCK_MONOTONIC, 0);
    const results: unknown[] = [];
    yield* inThread(sys, results, (self) => readCount(self, fd));
    yield* inThread(sys, results, (self) => readCount(self, fd));
    yield* pause(sys);
    yield* sys.timerfd_settime(fd, 0, after(10));
    yield* pause(sys, 50);
    expect(results).toEqual([1]);
    expect(trace.lines).toContain('wakeup t1');
    expect(trace.lines).toContain('wakeup t2');
  }, trace.on());
});

/** signal(7): SA_RESTART decides whether a blocked read goes on or returns EINTR. */
test('a signal ends a blocked read unless its handler restarts calls', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.timerfd_create(CLOCK_MONOTONIC, 0);
    const results: unknown[] = [];
    yield* sys.sigaction(SIGUSR1, { handler: function* () {} });
    yield* sys.sigaction(SIGUSR2, { handler: function* () {}, flags: SA_RESTART });
    const tid = yield* inThread(sys, results, (self) => readCount(self, fd));
    yield* pause(sys);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR2);
    yield* pause(sys);
    expect(results).toEqual([]);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR1);
    yield* pause(sys);
    expect(results).toEqual([-EINTR]);
  });
});

const toLock = (thread: string) => ({ thread, until: 'spin_lock ctx->wqh.lock' });

/** Stands in for the timer's interrupt on another CPU. */
const fire = (sys: Sys, fd: number): Code<number> => {
  const ctx = sys.task.files.fd[fd]?.private_data as timerfd_ctx;
  sys.task.kernel.hrtimers.now_ns = ctx.tmr.expires;
  return sys.pthread_create(() => __run_hrtimer(ctx.tmr));
};

/** A deadline that is moved just as it expires: the old expiry must not count for the new one. */
test('timerfd_settime waits for a callback that is under way, and takes its tick back', () => {
  const trace = new Recorder();
  const schedule = byHand([toLock('main'), toLock('main'), toLock('t1'), { thread: 'main' }]);
  inMachine(function* (sys) {
    const fd = yield* timer(sys, after(10));
    yield* fire(sys, fd);
    yield* sys.timerfd_settime(fd, 0, after(1000));
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
    expect((yield* sys.timerfd_gettime(fd)).it_value).toEqual(ms(1000));
  }, trace.on({ schedule }));
  expect(trace).toVisit('do_timerfd_settime: the callback is under way, waits');
});

/** A timer that is closed as it expires: its callback must not find its memory freed. */
test('close waits for a callback that is under way', () => {
  const trace = new Recorder();
  const schedule = byHand([toLock('main'), toLock('main'), toLock('t1'), { thread: 'main' }]);
  inMachine(function* (sys) {
    const fd = yield* timer(sys, after(10));
    yield* fire(sys, fd);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN); // The point where the callback starts.
    expect(yield* sys.close(fd)).toBe(0);
  }, trace.on({ schedule }));
  const lines = trace.lines.filter((line) => /wqh.lock$|close/.test(line));
  expect(lines.slice(-4)).toEqual([
    'main: close(',
    't1: spin_lock ctx->wqh.lock',
    'release ctx->wqh.lock',
    'main: close) = 0',
  ]);
});

/** ktime_t ends in 292 years; whatever is longer is that long (verified on 6.18). */
test.each([
  ['tv_sec 2^53', 2 ** 53, 0],
  ['the last second', 9_223_372_036, 0],
])(
  'a timer set to %s is never due, and shows the end of time less the clock',
  (_what, tv_sec, tv_nsec) => {
    const [ret, left, poll] = inMachine(function* (sys) {
      const fd = yield* timer(sys, { ...off, it_value: { tv_sec, tv_nsec } });
      const { it_value, ret } = yield* sys.timerfd_gettime(fd);
      const now = Math.floor(sys.task.kernel.hrtimers.now_ns / 1e9);
      return [ret, it_value.tv_sec + now, yield* polled(sys, fd)] as const;
    });

    expect([ret, left, poll]).toEqual([0, 9_223_372_036, 0]);
  },
);

/** The period is cut to the same length, to the nanosecond (verified on 6.18). */
test('a period that is too long for the clock is kept as 2^63 - 1 ns', () => {
  const longest = { tv_sec: 9_223_372_036, tv_nsec: 854_775_807 };
  const [period, ticks, next] = inMachine(function* (sys) {
    const it_interval = { tv_sec: 2 ** 53, tv_nsec: 5 };
    const fd = yield* timer(sys, { it_value: ms(1), it_interval });
    yield* pause(sys, 20);
    const { it_interval: period } = yield* sys.timerfd_gettime(fd);
    const ticks = yield* readCount(sys, fd);
    return [period, ticks, (yield* sys.timerfd_gettime(fd)).it_value.tv_sec] as const;
  });

  expect(period).toEqual(longest);
  expect(ticks).toBe(1);
  expect(next).toBe(9_223_372_035); // The clock shows a second and a bit.
});

/** A year is beyond what a number counts in ns without gaps, and still exact for whole ms. */
test('a timer set to a year fires after a year', () => {
  const slept = inMachine(function* (sys) {
    const year = 365 * 86_400;
    const fd = yield* timer(sys, { ...off, it_value: { tv_sec: year, tv_nsec: 1_000_000 } });
    const start = sys.task.kernel.hrtimers.now_ns;
    yield* sys.poll([{ fd, events: POLLIN, revents: 0 }], -1);
    return sys.task.kernel.hrtimers.now_ns - start;
  });

  expect(slept).toBe(365 * 86_400e9 + 1e6);
});

/** timerfd_create(2), ioctl: CRIU puts the ticks back that were there at the checkpoint (verified on 6.18). */
test('TFD_IOC_SET_TICKS makes a timer readable, and takes no 0', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off);
    const epfd = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    expect(yield* sys.ioctl(fd, TFD_IOC_SET_TICKS, { value: 0 })).toBe(-EINVAL);
    expect(yield* sys.ioctl(fd, TFD_IOC_SET_TICKS, { value: 7 })).toBe(0);
    expect(yield* reported(sys, epfd)).toEqual([EPOLLIN]);
    expect(yield* readCount(sys, fd)).toBe(7);
    expect(yield* sys.ioctl(fd, 0x1234, { value: 7 })).toBe(-ENOTTY);
  });
});

/** timerfd_create(2): EPERM; being root is not enough, and asking for the time is free (6.18). */
test('an alarm clock needs CAP_WAKE_ALARM to be made and to be set', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.timerfd_create(CLOCK_BOOTTIME_ALARM, 0);
    dropCapability(sys.task.user, CAP_WAKE_ALARM);
    expect(yield* sys.timerfd_create(CLOCK_BOOTTIME_ALARM, 0)).toBe(-EPERM);
    expect(yield* sys.timerfd_settime(fd, 0, after(50))).toBe(-EPERM);
    expect((yield* sys.timerfd_gettime(fd)).ret).toBe(0);
  });
});

/** Sets the real-time clock `shift` ms ahead of what it shows, or to what it shows plus 1 ns. */
function* shiftClock(sys: Sys, shift: number): Code<number> {
  const { tv_sec, tv_nsec } = yield* sys.clock_gettime(CLOCK_REALTIME);
  const to = tv_sec * 1e9 + tv_nsec + (shift === 0 ? 1 : shift * 1e6);
  return yield* sys.clock_settime(CLOCK_REALTIME, {
    tv_sec: Math.floor(to / 1e9),
    tv_nsec: to % 1e9,
  });
}

/** In `value` ms by the real-time clock, then every `interval` ms. */
function* atReal(sys: Sys, value: number, interval = 0): Code<itimerspec> {
  const now = yield* sys.clock_gettime(CLOCK_REALTIME);
  const at = now.tv_sec * 1000 + now.tv_nsec / 1e6 + value;
  return after(at, interval);
}
const CANCEL = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

/** timerfd_create(2), ECANCELED: a program that shows the time draws it anew. */
test('setting the clock cancels a timer with TFD_TIMER_CANCEL_ON_SET: it is readable, with ECANCELED', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off, CLOCK_REALTIME);
    yield* sys.timerfd_settime(fd, CANCEL, yield* atReal(sys, 500));
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* shiftClock(sys, 0)).toBe(0);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readCount(sys, fd)).toBe(-ECANCELED);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
    yield* pause(sys, 500);
    expect(yield* readCount(sys, fd)).toBe(1);
  });
});

/** systemd waits so for the clock to be set. */
test('a read that blocks is woken by the clock being set', () => {
  const results: unknown[] = [];
  inMachine(function* (sys) {
    const fd = yield* sys.timerfd_create(CLOCK_REALTIME, 0);
    const never = { tv_sec: 9_000_000_000, tv_nsec: 0 };
    yield* sys.timerfd_settime(fd, CANCEL, { ...off, it_value: never });
    yield* inThread(sys, results, (self) => readCount(self, fd));
    yield* pause(sys);
    yield* shiftClock(sys, 1000);
    yield* pause(sys);
  });
  expect(results).toEqual([-ECANCELED]);
});

/** timerfd_create(2): settime says it too, and the timer is set all the same. */
test('settime and TFD_IOC_SET_TICKS say ECANCELED once after the clock was set', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off, CLOCK_REALTIME);
    const setting = yield* atReal(sys, 500);
    const old = after(7);
    yield* sys.timerfd_settime(fd, CANCEL, setting);
    yield* shiftClock(sys, 0);
    expect(yield* sys.timerfd_settime(fd, CANCEL, setting, old)).toBe(-ECANCELED);
    expect(old).toEqual(after(7));
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
    yield* shiftClock(sys, 0);
    expect(yield* sys.ioctl(fd, TFD_IOC_SET_TICKS, { value: 5 })).toBe(-ECANCELED);
    expect(yield* sys.ioctl(fd, TFD_IOC_SET_TICKS, { value: 5 })).toBe(0);
    expect(yield* readCount(sys, fd)).toBe(5);
  });
});

/** Without the flag, relative, or on another clock, nobody is told. */
test.each([
  ['without the flag', CLOCK_REALTIME, TFD_TIMER_ABSTIME],
  ['without an absolute time', CLOCK_REALTIME, TFD_TIMER_CANCEL_ON_SET],
  ['on the monotonic clock', CLOCK_MONOTONIC, CANCEL],
])('a timer is not cancelled %s', (_, clock, flags) => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off, clock);
    yield* sys.timerfd_settime(fd, CANCEL, after(900_000));
    yield* sys.timerfd_settime(fd, flags, after(900_000));
    yield* shiftClock(sys, 60);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
  });
});

/** The cancel list must not keep a timer that was closed. */
test('a timer that is closed is cancelled no more', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off, CLOCK_REALTIME);
    yield* sys.timerfd_settime(fd, CANCEL, yield* atReal(sys, 500));
    yield* sys.close(fd);
    expect(sys.task.kernel.timerfds.cancel_list).toEqual([]);
    expect(yield* shiftClock(sys, 60)).toBe(0);
  });
});

/** timerfd_create(2): absolute times follow the clock, spans do not; an alarm's do. */
test('setting the clock moves timers for its times, and relative ones only of alarms', () => {
  inMachine(function* (sys) {
    const absolute = yield* timer(sys, off, CLOCK_REALTIME);
    yield* sys.timerfd_settime(absolute, TFD_TIMER_ABSTIME, yield* atReal(sys, 100));
    const relative = yield* timer(sys, after(100), CLOCK_REALTIME);
    const alarm = yield* timer(sys, after(100), CLOCK_REALTIME_ALARM);
    yield* shiftClock(sys, 60);
    expect((yield* sys.timerfd_gettime(absolute)).it_value).toEqual(ms(40));
    expect((yield* sys.timerfd_gettime(relative)).it_value).toEqual(ms(100));
    expect((yield* sys.timerfd_gettime(alarm)).it_value).toEqual(ms(40));
    yield* pause(sys, 40);
    expect(yield* readCount(sys, absolute)).toBe(1);
    expect(yield* readCount(sys, alarm)).toBe(1);
    expect(yield* readCount(sys, relative)).toBe(-EAGAIN);
  });
});

/** A jump past the time of a timer fires it at once. */
test('a timer whose time the clock is set past fires', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off, CLOCK_REALTIME);
    yield* sys.timerfd_settime(fd, TFD_TIMER_ABSTIME, yield* atReal(sys, 5000));
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* shiftClock(sys, 6000);
    yield* sys.sched_yield();
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** timerfd_create(2): "read(2) may block/return 0" where the clock goes back before the expiry. */
test('a periodic timer that has fired in what is the future again reads as nothing', () => {
  inMachine(function* (sys) {
    yield* shiftClock(sys, 5000);
    const fd = yield* timer(sys, off, CLOCK_REALTIME);
    yield* sys.timerfd_settime(fd, TFD_TIMER_ABSTIME, yield* atReal(sys, 5, 100));
    yield* pause(sys, 20);
    yield* shiftClock(sys, -60);
    expect((yield* polled(sys, fd)) & POLLIN).toBe(POLLIN);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
    expect((yield* sys.timerfd_gettime(fd)).it_value).toEqual(ms(45));
  });
});

/** A timer that has fired and is cancelled then is not started again by who asks for its time. */
test('a periodic timer that was cancelled stays where it has fired', () => {
  inMachine(function* (sys) {
    yield* shiftClock(sys, 5000);
    const fd = yield* timer(sys, off, CLOCK_REALTIME);
    yield* sys.timerfd_settime(fd, CANCEL, yield* atReal(sys, 5, 100));
    yield* pause(sys, 320);
    expect(yield* readCount(sys, fd)).toBe(4);
    yield* pause(sys, 200);
    yield* shiftClock(sys, 0);
    expect(yield* readCount(sys, fd)).toBe(-ECANCELED);
    expect((yield* sys.timerfd_gettime(fd)).it_value).toEqual(ms(0));
  });
});

/** Whether the clock was set is told by what it shows. */
test('setting the clock to what it shows cancels nothing', () => {
  inMachine(function* (sys) {
    const fd = yield* timer(sys, off, CLOCK_REALTIME);
    yield* sys.timerfd_settime(fd, CANCEL, yield* atReal(sys, 500));
    yield* sys.clock_settime(CLOCK_REALTIME, yield* sys.clock_gettime(CLOCK_REALTIME));
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
  });
});
