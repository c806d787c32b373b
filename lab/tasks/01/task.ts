/** A pause by means of an instance that watches nothing. */
import { type Code, SIGUSR1, type Sys, viewOf } from 'epollsim';
import { judge, naps, type Situation, type Stage } from '../judge.ts';
import type { Grade, Solution, Task, Words } from '../task.ts';

const ms = 100;
/** When signals come: not at a whole millisecond. */
const signals: readonly number[] = [30_400_000, 30_300_000];

const nowOf = (sys: Sys): number => viewOf(sys.task.kernel).time_ns / 1e6;

const undisturbed: Situation = {
  name: { en: 'Nothing disturbs the pause', zh: '没有干扰' },
  quiet: true,
  play: (stage) => pauseOn(stage, 1),
  asleep: () => endless,
  round: () => busy,
};

const twoSignals: Words = {
  en: 'Two signals come meanwhile, 30.4 ms and 60.7 ms after the start',
  zh: '期间有两个信号到达，分别在开始后 30.4 毫秒和 60.7 毫秒',
};

const interrupted: Situation = {
  name: twoSignals,
  quiet: true,
  play: (stage) => disturbed(stage, signals),
  asleep: () => endless,
  round: () => busy,
};

/** On a busy machine everything may be late, so that only what is too short is wrong. */
const interruptedAnywhere: Situation = {
  name: {
    en: 'A signal comes at any moment, on a busy machine',
    zh: '在繁忙的机器上，一个信号可能在任何时刻到达',
  },
  play: (stage) => disturbed(stage, signals.slice(0, 1), 1000),
  asleep: () => endless,
  round: () => busy,
};

/** A pause into which two signals come. */
function* disturbed(stage: Stage, at: readonly number[], late?: number): Code<void> {
  const { sys } = stage;
  yield* sys.sigaction(SIGUSR1, { *handler() {} });
  const { pid, tgid } = sys.task;
  const helper = yield* sys.pthread_create(function* (own) {
    for (const tv_nsec of at) {
      yield* own.nanosleep({ tv_sec: 0, tv_nsec });
      yield* own.tgkill(tgid, pid, SIGUSR1);
    }
  });
  yield* pauseOn(stage, 1 + at.length, late);
  yield* sys.pthread_join(helper);
}

/**
 * Lets the solution pause, and looks at the clock: it need not sleep more often than `sleeps` times, and
 * may be late by so many milliseconds.
 */
function* pauseOn(stage: Stage, sleeps: number, late = 2): Code<void> {
  const { sys } = stage;
  const open = stage.open();
  const start = nowOf(sys);
  yield* stage.solve(sys, ms);
  const end = nowOf(sys);
  const waits = stage.made('epoll_wait', 'epoll_pwait', 'epoll_pwait2');
  stage.expect(naps(stage).length === 0 && others(stage).length === 0, otherCall);
  stage.expect(waits.length > 0, noWait);
  stage.expect(end - start >= ms, tooShort(end - start));
  stage.expect(waits.length <= sleeps + 1, tooMany(waits.length));
  stage.expect(end - start <= ms + late, tooLong(end - start));
  stage.expect(stage.open() === open, leak);
}

const others = (stage: Stage): readonly unknown[] => stage.made('read', 'pthread_create');

const busy: Words = {
  en: 'Your program goes round without sleeping. Time stands still for it, and on a real machine a CPU would be at 100 %. Look at the timeout that you pass in the last round: 0 means "do not wait", and a part of a millisecond that is cut off becomes 0. Look also at the result of the call: an error comes back at once.',
  zh: '你的程序在空转，没有睡眠。在模拟器里时间停住不走；在真实机器上 CPU 会达到 100 %。请看最后一轮传入的 timeout：0 表示“不等待”，不足一毫秒的部分被截掉后就是 0。也请检查返回值：出错时调用会立即返回。',
};
const endless: Words = {
  en: 'The pause has no end. Nothing is watched, so no event will ever come: only the timeout ends this sleep. Which timeout did you pass? A negative one means "for ever".',
  zh: '这次停顿永远不会结束。实例没有监视任何文件，不会有事件，只有超时才能结束睡眠。你传入的 timeout 是多少？负数表示“永远等待”。',
};
const otherCall: Words = {
  en: 'You wait by another call than epoll_wait. Here the sleep has to be one on the wait queue of an epoll instance.',
  zh: '你用了 epoll_wait 以外的调用来等待。本题要求在 epoll 实例的等待队列上睡眠。',
};
const noWait: Words = {
  en: 'Your program returned at once and never called epoll_wait.',
  zh: '你的程序立即返回了，从未调用 epoll_wait。',
};
const leak: Words = {
  en: 'A descriptor is left open after the pause. Who calls it a thousand times has none left (EMFILE).',
  zh: '停顿结束后还有描述符没有关闭。调用一千次之后就没有描述符可用了（EMFILE）。',
};
const tooShort = (took: number): Words => ({
  en: `The pause took ${took.toFixed(1)} ms, which is less than ${ms} ms. What did epoll_wait return then, 0 or an error? Only 0 says that the time is over.`,
  zh: `停顿只有 ${took.toFixed(1)} 毫秒，少于 ${ms} 毫秒。当时 epoll_wait 返回的是 0 还是错误？只有 0 表示时间已到。`,
});
const tooLong = (took: number): Words => ({
  en: `The pause took ${took.toFixed(1)} ms, which is longer than ${ms} ms. A part of the time was gone before the last sleep began. Look at what you pass as timeout then, and at what is left until the end.`,
  zh: `停顿用了 ${took.toFixed(1)} 毫秒，超过了 ${ms} 毫秒。最后一次睡眠开始时，已经过去了一部分时间。请看那时传入的 timeout 和实际剩余的时间。`,
});
const tooMany = (count: number): Words => ({
  en: `You call epoll_wait ${count} times. A sleep ends by the timeout or by a signal, and each further one wakes the CPU for nothing.`,
  zh: `你调用了 ${count} 次 epoll_wait。睡眠只因超时或信号而结束，多余的每一次都白白唤醒 CPU。`,
});

const done: Words = {
  en: 'The pause is neither shorter nor longer than asked for, whenever the signals come, and leaves nothing open.',
  zh: '无论信号何时到达，停顿都不短也不长，并且没有留下打开的描述符。',
};

/** Lab 1: what an instance is that watches nothing. */
export const task: Task = {
  number: 1,
  title: { en: 'A pause that a signal does not cut short', zh: '不会被信号缩短的停顿' },
  signature: 'export default function* (sys, ms)',
  grade: (solution: Solution): Grade =>
    judge(solution, [undisturbed, interrupted, interruptedAnywhere], done),
};
