/** Lab 12: a program in which an event comes while another thread scans, and nothing is lost. */
import { EPOLL_CTL_DEL, Machine, type Program, Recorder, randomSchedule } from 'epollsim';
import { refusal } from '../grade.ts';
import {
  judge,
  keyOf,
  must,
  runWatched,
  type Said,
  type Situation,
  type Watch,
  waits,
} from '../judge_watched.ts';
import type { Grade, Solution, Task } from '../task.ts';

/** The eventfds of a program: those written to, and those of them that are told since. */
interface Seen {
  readonly written: Set<number>;
  readonly untold: Set<number>;
}

function watch({ written, untold }: Seen): Watch {
  const eventfds = new Set<number>();
  let empty = 0;
  return {
    may: [
      ...waits,
      'epoll_create1',
      'epoll_ctl',
      'eventfd2',
      'read',
      'write',
      'pthread_create',
      'pthread_join',
      'close',
    ],
    before({ name, args }) {
      if (waits.includes(name)) return empty > 5 ? 'polls' : null;
      const [, op, fd, interest] = args;
      if (name !== 'epoll_ctl' || op === EPOLL_CTL_DEL) return null;
      return Number((interest as { data?: unknown } | null)?.data) === fd ? null : 'other-data';
    },
    after({ name, args }, ret, result) {
      const fd = Number(args[0]);
      if (name === 'eventfd2' && ret >= 0) eventfds.add(ret);
      if (name === 'write' && ret === 8 && eventfds.has(fd)) {
        written.add(fd);
      }
      if (!waits.includes(name)) return;
      empty = ret === 0 ? empty + 1 : 0;
      for (const { data } of result as readonly { readonly data: unknown }[])
        untold.delete(Number(data));
    },
    // What is told before write() returns may be told of it: so it counts from here on.
    entered({ name, args }) {
      if (name === 'write' && eventfds.has(Number(args[0]))) untold.add(Number(args[0]));
    },
  };
}

const program = (solution: Solution): Program =>
  function* (sys) {
    const seen: Seen = { written: new Set(), untold: new Set() };
    yield* runWatched(solution, sys, watch(seen));
    must(seen.written.size > 1, 'too-few-writes');
    must(seen.untold.size === 0, 'lost');
  };

const everywhere: Situation = {
  when: { en: 'On one of the schedules', zh: '在某个调度序列上' },
  options: { preemptions: 2 },
  program,
};

/** How many schedules at random are tried. */
const tries = 300;

/** On how many of them an event came onto the overflow list; a key where the program is wrong. */
function overflows(solution: Solution): { count: number; key: string | null } {
  let count = 0;
  for (let seed = 1; seed <= tries; seed++) {
    let seen = false;
    const tracer = new Recorder(
      (event) => {
        if (event.kind === 'note' && event.what === 'ep_poll_callback: onto ovflist') seen = true;
      },
      { functions: false },
    );
    const machine = new Machine({ tracer, maxSteps: 5000, schedule: randomSchedule(seed) });
    machine.spawn(program(solution));
    try {
      machine.run();
    } catch (error) {
      return { count, key: keyOf(error) ?? 'goes-wrong' };
    }
    if (seen) count++;
  }
  return { count, key: null };
}

const said: Said = {
  never: {
    en: `an event never came onto ovflist, on ${tries} schedules. The list is open only while another thread is in ep_send_events: somebody has to scan while somebody writes.`,
    zh: `在 ${tries} 个调度序列上，没有一个事件进入 ovflist。只有当另一个线程处于 ep_send_events 中时该链表才打开：必须一边有人扫描，一边有人写。`,
  },
  lost: {
    en: 'an eventfd was written to, and nobody was told of it since. The kernel has it on a list: who has stopped asking too early?',
    zh: '有一个 eventfd 被写入，此后却没有人得知。它还在内核的链表上：是谁过早停止了询问？',
  },
  'too-few-writes': {
    en: 'two eventfds are to be written to, by write() with eight bytes. Look at what write() returns.',
    zh: '要用 write() 写入两个 eventfd，每次八个字节。请看 write() 的返回值。',
  },
  'other-data': {
    en: 'an item is added, or changed, to other data than the number of its descriptor, so the checker cannot see what is told. Use { events, data: fd }.',
    zh: '添加或修改条目时，data 不是它的描述符，检查器因此看不出上报了什么。请使用 { events, data: fd }。',
  },
  polls: {
    en: 'it asks again and again with a timeout of 0. Sleep until there is an event: a timeout of -1.',
    zh: '它以 0 超时反复询问。应当睡眠到有事件为止：超时取 -1。',
  },
  'stranded-data': {
    en: 'somebody sleeps for ever, though there is something to read: it was told already, to a thread that did not count it.',
    zh: '有线程永远睡眠，尽管有数据可读：事件已经上报过，却没有被计入。',
  },
  'goes-wrong': {
    en: 'on a schedule at random it fails, or never ends.',
    zh: '在随机的调度序列上，它失败或永不结束。',
  },
};

function grade(solution: Solution): Grade {
  const verdict = judge(solution, [everywhere], said, {
    en: '',
    zh: '',
  });
  if (!verdict.passed) return verdict;
  const { count, key } = overflows(solution);
  if (key !== null) return refusal(said[key] ?? (said['goes-wrong'] as { en: string; zh: string }));
  if (count === 0) return refusal(said['never'] as { en: string; zh: string });
  return {
    ...verdict,
    words: {
      en: `On ${count} of ${tries} schedules at random an event came onto ovflist, and on all schedules with at most two preemptions nothing was lost.`,
      zh: `在 ${tries} 个随机的调度序列中，有 ${count} 个让事件进入了 ovflist；并且在抢占不超过两次的所有调度序列上都没有丢失事件。`,
    },
  };
}

export const task: Task = {
  number: 12,
  title: { en: 'Onto the other list', zh: '进入另一个链表' },
  signature: 'export default function* (sys)',
  grade,
};
