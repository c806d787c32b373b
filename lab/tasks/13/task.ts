/** Lab 13: a program that needs a commit: without it a wakeup is lost, with it none is. */
import { type CheckOptions, check, NotDeterministic, type Program } from 'epollsim';
import { refusal, shownBy } from '../grade.ts';
import {
  judgeIn,
  must,
  runWatched,
  type Said,
  type Situation,
  type Watch,
  waits,
  waitsForEver,
} from '../judge_watched.ts';
import type { Grade, Solution, Task, Words } from '../task.ts';

/** "epoll: fix missing wakeup for ovflist in ep_poll_callback". */
const commit = '0c54a6a44bf3';

const watch: Watch = {
  may: [
    ...waits,
    'epoll_create1',
    'epoll_ctl',
    'eventfd2',
    'pipe2',
    'socketpair',
    'read',
    'write',
    'pthread_create',
    'pthread_join',
    'close',
  ],
  before: (call) => (waits.includes(call.name) && !waitsForEver(call) ? 'polls' : null),
};

const program = (solution: Solution): Program =>
  function* (sys) {
    yield* runWatched(solution, sys, watch);
  };

/** What the threads do in the kernel is what counts; for variables that they share, see `shared`. */
const options: CheckOptions = {
  kernel: '5.7',
  executions: 10_000,
  seconds: 60,
  steps: 3000,
  sharedMemory: false,
};

const mended: Situation = {
  when: { en: 'On 5.7, which has the fix', zh: '在带有修复的 5.7 上' },
  options,
  program,
};

/**
 * A program may hide a mistake in variables that its threads share. That they count makes too many schedules
 * for all of them; those with one preemption are about 200.
 */
const shared: Situation = {
  when: {
    en: 'On 5.7, where variables that threads share are read and written at any moment',
    zh: '在 5.7 上，线程共享的变量可能在任何时刻被读写时',
  },
  options: { ...options, sharedMemory: true, preemptions: 1 },
  program,
};

const never: Words = {
  en: 'somebody sleeps for ever although the kernel has done all it promises. So it is the program. How many events are there, and how many does each thread take?',
  zh: '内核已经做到了它承诺的一切，仍有线程永远睡眠，所以错在程序。一共有几个事件，每个线程各取几个？',
};

const said: Said = {
  deadlock: never,
  'stranded-data': never,
  'oneshot-never-rearmed': never,
  'lost-wakeup': {
    en: 'somebody sleeps beside an event on the list, with the fix as well, so this commit is not what is missing. Is it one event, level-triggered, for two threads? Each thread needs an event of its own.',
    zh: '即使带有修复，仍有线程睡在链表上的事件旁边，所以缺少的不是这个提交。是不是两个线程等待同一个水平触发的事件？每个线程都需要自己的事件。',
  },
};

const counts: Words = {
  en: 'somebody sleeps for ever, as a variable was not what the program takes it for: between a look at it and what follows from that, another thread has changed it. What threads say to each other goes through the kernel here.',
  zh: '有线程永远睡眠，因为变量的值不是程序以为的那样：从查看它到据此行动之间，另一个线程改了它。本题中线程之间的通信要经过内核。',
};

const saidOfShared: Said = { ...said, deadlock: counts };

const lost: Words = {
  en: `without ${commit} nothing is lost, on any schedule. The wakeup that is lost is that of an event that comes while another thread scans, and while a second one sleeps: does anything become ready that late?`,
  zh: `去掉 ${commit} 之后，在任何调度序列上都没有丢失唤醒。会丢失的是这样的唤醒：一个线程正在扫描、另一个线程正在睡眠时到来的事件。有什么会那么晚才就绪吗？`,
};

function grade(solution: Solution): Grade {
  const wrong = judgeIn(mended, solution, said) ?? judgeIn(shared, solution, saidOfShared);
  if (wrong !== null) return wrong;
  let verdict: ReturnType<typeof check>;
  try {
    verdict = check(program(solution), { ...options, without: [commit] });
  } catch (error) {
    must(error instanceof NotDeterministic, 'chance');
    return refusal({
      en: 'it goes another way when it is run again.',
      zh: '重新运行时它走了另一条路。',
    });
  }
  const finding = verdict.findings.find(({ kind }) => kind === 'lost-wakeup');
  if (finding === undefined) return refusal(lost);
  return shownBy({ finding, program: program(solution) }, true, {
    en: `The wakeup is lost without ${commit}, here in ${finding.steps} steps, and on no schedule with it.`,
    zh: `去掉 ${commit} 就会丢失唤醒，这里只需 ${finding.steps} 步；带上它，则在任何调度序列上都不会。`,
  });
}

export const task: Task = {
  number: 13,
  title: { en: 'A program that needs a commit', zh: '离不开某个提交的程序' },
  signature: 'export default function* (sys)',
  grade,
};
