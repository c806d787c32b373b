/** One thread that hangs on several wait queues at once. */
import {
  AF_UNIX,
  EPOLLIN,
  EPOLLOUT,
  epollFlags,
  SO_SNDBUF,
  SOCK_STREAM,
  SOL_SOCKET,
} from 'epollsim';
import { valueText } from '../grade.ts';
import { judge, naps, type Situation, type Stage, spins } from '../judge.ts';
import type { Grade, Solution, Task, Words } from '../task.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/**
 * What two peers write, on every schedule. A `narrow` socket has no room for all of it, so that its
 * peer sleeps until something is read; that is run once, each thread until it sleeps.
 */
function told(
  name: Words,
  first: readonly string[],
  second: readonly string[],
  narrow = false,
): Situation {
  return {
    name,
    *play(stage) {
      const { sys } = stage;
      const [a, toA] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
      const [b, toB] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
      const quit = yield* sys.eventfd2(0, 0);
      if (narrow) {
        for (const fd of [toA, toB]) yield* sys.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 2304);
      }
      yield* sys.pthread_create(function* (own) {
        for (const text of first) yield* own.write(toA, text);
        for (const text of second) yield* own.write(toB, text);
        if (narrow) yield* own.nanosleep({ tv_sec: 0, tv_nsec: 1_000_000 });
        yield* own.write(quit, one);
      }, 'peer');
      const total: unknown = yield* stage.solve(sys, [a, b], quit);
      look(stage, total, [...first, ...second].join('').length);
    },
    asleep,
    round,
    quiet: narrow,
  };
}

const words = (en: string, zh: string): Words => ({ en, zh });

const talk = told(
  words(
    'Bytes come on both sockets, and then it is told to quit',
    '两个套接字都有数据到达，然后通知退出',
  ),
  ['abc'],
  ['fghi'],
);
const bytes = [...'twenty single bytes.'];
const more = told(
  words(
    'A peer writes byte by byte, and more than a socket holds',
    '对端逐个字节地写，总量超过套接字的容量',
  ),
  bytes,
  bytes,
  true,
);
const onlySecond = told(
  words('Nothing comes on the first socket', '第一个套接字没有数据'),
  [],
  ['fghi'],
);
const silence = told(
  words('Nobody writes, and it is told to quit', '没有人写入，只通知退出'),
  [],
  [],
);

/** What is asked of the solution, once it has returned. */
function look(stage: Stage, total: unknown, bytes: number): void {
  const waits = stage.made('epoll_wait', 'epoll_pwait', 'epoll_pwait2');
  stage.expect(stage.made('pthread_create', 'fork', 'clone').length === 0, threads);
  stage.expect(naps(stage).length === 0, otherSleep);
  stage.expect(waits.length > 0, noWait);
  stage.expect(!spins(stage), spinning);
  const masks = waits.flatMap(({ result }) =>
    Array.isArray(result) ? result.map((event: { events: number }) => event.events) : [],
  );
  const useless = masks.filter((mask) => (mask & EPOLLIN) === 0);
  stage.expect(useless.length === 0, roomToWrite(useless));
  const forNothing = waits.filter(({ ret }) => ret === 0);
  const timed = forNothing.some(({ args }) => args[2] !== 0);
  stage.expect(!timed && forNothing.length < 4, idle(forNothing.length));
  stage.expect(total === bytes, wrongSum(total, bytes));
}

function asleep(stage: Stage): Words | null {
  const call = stage.calls.at(-1);
  if (call?.call === 'read') return inRead(String(call.args[0]));
  if (call?.call.startsWith('epoll_') !== true) return null;
  return call.ret === null ? deaf : null;
}

function round(stage: Stage): Words | null {
  const told = stage.made('epoll_wait').at(-1)?.result;
  if (!Array.isArray(told)) return null;
  const events: readonly { events: number }[] = told;
  const masks = events.map((event) => event.events);
  if (masks.some((mask) => (mask & EPOLLOUT) !== 0)) return roomToWrite(masks);
  return masks.some((mask) => (mask & EPOLLIN) !== 0) ? unread : polling;
}

const inRead = (fd: string): Words =>
  words(
    `The thread sleeps in read(${fd}), on the wait queue of this one file. What the others do wakes it no more. Look at who wrote meanwhile, and where that wakeup went.`,
    `线程睡在 read(${fd}) 里，也就是这一个文件的等待队列上，别的文件发生什么都唤不醒它。请看这期间是谁写入了，那次唤醒去了哪里。`,
  );
const deaf = words(
  'The thread sleeps in epoll_wait, and something that it should know of has happened. Look at the wait queue of each file: is an entry of your instance on it? Was it asked for what has come?',
  '线程睡在 epoll_wait 里，而它该知道的事情已经发生了。请看每个文件的等待队列：上面有没有你的实例的条目？掩码里有没有要求这种事件？',
);
const roomToWrite = (masks: readonly number[]): Words =>
  words(
    `The thread is woken for ${epollFlags(masks[0] ?? 0)} alone, ${masks.length} times or more, and does nothing then. A socket with room is always ready to be written to. Ask only for what you want to act on.`,
    `线程仅因 ${epollFlags(masks[0] ?? 0)} 被唤醒了至少 ${masks.length} 次，却无事可做。只要有空间，套接字总是可写的。只登记你真正要处理的事件。`,
  );
const unread = words(
  'The same event is told of again and again, as nobody has read what it is about.',
  '同一个事件被反复上报，因为没有人把数据读走。',
);
const spinning = words(
  'The thread reads the same socket again and again, and nothing is there (EAGAIN). That burns the CPU until somebody writes. It should sleep in epoll_wait until there is an event.',
  '线程反复读同一个套接字，而里面什么也没有（EAGAIN）。在有人写入之前，这会一直占用 CPU。它应当睡在 epoll_wait 里，直到有事件。',
);
const polling = words(
  'The thread asks again and again and does not sleep. It should stand on ep->wq until a callback wakes it.',
  '线程不停地查询而不睡眠。它应当待在 ep->wq 上，直到回调把它唤醒。',
);
const threads = words(
  'You have started another thread. One thread can wait for all of them.',
  '你又启动了线程。一个线程就能等待所有文件。',
);
const otherSleep = words(
  'You wait by another call than epoll_wait. Here one instance is to hang on all the wait queues.',
  '你用了 epoll_wait 以外的调用来等待。本题要求由一个实例挂到所有等待队列上。',
);
const noWait = words(
  'Your program has returned without ever waiting in epoll_wait. It worked by luck, or did nothing.',
  '你的程序从未在 epoll_wait 中等待就返回了：不是碰巧成功，就是什么也没做。',
);
const idle = (count: number): Words =>
  words(
    `epoll_wait returned 0 events ${count} times: the thread woke up although nobody had written. Look at the timeout. Who would have to wake it, if there were none?`,
    `epoll_wait 有 ${count} 次返回 0 个事件：没有人写入，线程却醒了。请看 timeout。如果没有超时，应该由谁来唤醒它？`,
  );
const wrongSum = (total: unknown, bytes: number): Words =>
  words(
    `Your program returned ${valueText(total)}; ${bytes} bytes were written before it was told to quit. Look at what was read, and at what lay in the sockets when it returned.`,
    `你的程序返回了 ${valueText(total)}；在通知退出之前一共写入了 ${bytes} 个字节。请看读到了什么，返回时套接字里还剩什么。`,
  );

const done = words(
  'Whoever writes, the callback of the right item wakes the one sleeper, and nothing is missed.',
  '无论谁写入，对应条目的回调都会唤醒这一个睡眠者，没有遗漏。',
);

/** Lab 3: who wakes whom. */
export const task: Task = {
  number: 3,
  title: words('One sleeper on three wait queues', '一个睡眠者，三个等待队列'),
  signature: 'export default function* (sys, socks, quit)',
  grade: (solution: Solution): Grade => judge(solution, [onlySecond, silence, more, talk], done),
};
