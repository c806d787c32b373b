/** Lab 14: sessions of two sockets each, whose numbers are used again. */
import { AF_UNIX, type Code, SOCK_STREAM, type Sys } from 'epollsim';
import {
  isSys,
  judge,
  must,
  runWatched,
  type Said,
  type Situation,
  type Watch,
  waits,
  waitsForEver,
} from '../judge_watched.ts';
import type { Solution, Task, Words } from '../task.ts';

const watch: Watch = {
  may: [...waits, 'epoll_ctl'],
  before: (call) => (waits.includes(call.name) && !waitsForEver(call) ? 'polls' : null),
};

/** How a session goes on: a child may have `kept` its descriptors open, and `ends` are the sides that end. */
interface Course {
  readonly kept: boolean;
  readonly ends: readonly (0 | 1)[];
}

/** One session whose peers have gone already, and one whose peers go later. */
const sessions = (when: Words, { ends, kept }: Course): Situation => ({
  when,
  options: { sharedMemory: false },
  program: (solution: Solution) =>
    function* (sys) {
      const ep = yield* sys.epoll_create1(0);
      let [begun, ended] = [0, 0];
      let here: readonly number[] = [];
      let client: number | null = null;
      /** Shared with the client; a bit of each peer that it has closed. */
      let gone = 0;
      // What these two call is none of the calls of the solution, and goes by a sys that nobody watches.
      const next = function* (self: unknown): Code<readonly number[] | null> {
        must(isSys(self), 'no-sys');
        must(begun === ended, 'two-sessions');
        if (++begun > 2) return null;
        const [a, peerA] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
        const [b, peerB] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
        here = [a, b];
        gone = 0;
        const peers = [peerA, peerB] as const;
        const leave = function* (who: Sys): Code<void> {
          gone = 1; // From here on it is going.
          for (const side of ends) yield* who.close(peers[side]);
        };
        if (begun === 1) yield* leave(sys);
        else client = yield* sys.pthread_create(leave, 'client');
        if (kept && begun === 1) for (const fd of here) yield* sys.dup(fd);
        return [...here];
      };
      const over = function* (self: unknown): Code<void> {
        must(isSys(self), 'no-sys');
        must(begun === ended + 1, 'ended-twice');
        must(gone === 1, 'stale');
        ended++;
        for (const fd of here) yield* sys.close(fd);
      };
      const count = yield* runWatched(solution, sys, watch, ep, next, over);
      must(ended === 2, 'left');
      must(count === 2, 'no-count');
      if (client !== null) yield* sys.pthread_join(client);
    },
});

const situations: readonly Situation[] = [
  sessions(
    { en: 'When both sides of a session end at once', zh: '一个会话的两端同时结束时' },
    { kept: false, ends: [0, 1] },
  ),
  sessions(
    { en: 'When the first side of a session ends alone', zh: '只有会话的第一端结束时' },
    { kept: false, ends: [0] },
  ),
  sessions(
    { en: 'When the second side of a session ends alone', zh: '只有会话的第二端结束时' },
    { kept: false, ends: [1] },
  ),
  sessions(
    { en: 'When a child still has the descriptors open', zh: '子进程仍持有这些描述符时' },
    { kept: true, ends: [0, 1] },
  ),
];

const said: Said = {
  stale: {
    en: 'over() is called for a session whose peers are both there. The event was of an earlier session, whose numbers this one has got. Was it left in the batch, or does an item still report that was never deleted?',
    zh: '对两端都还在的会话调用了 over()。这个事件属于更早的会话，而新会话得到了相同的号码。它是这一批里剩下的事件，还是某个从未删除的条目仍在上报？',
  },
  'ended-twice': {
    en: 'over() is called, and no session is open: both events of one session were taken for two.',
    zh: '没有打开的会话，却调用了 over()：同一会话的两个事件被当成了两个会话。',
  },
  'no-sys': {
    en: 'next() and over() make system calls, and are to be given your sys: yield* next(sys), yield* over(sys).',
    zh: 'next() 和 over() 要进行系统调用，必须把你的 sys 交给它们：yield* next(sys)，yield* over(sys)。',
  },
  'two-sessions': {
    en: 'next() is called while a session is open. One session at a time.',
    zh: '会话尚未结束就调用了 next()。每次只有一个会话。',
  },
  left: {
    en: 'it returns before next() has returned null: a session is left.',
    zh: 'next() 还没有返回 null 就返回了：还有会话没有处理。',
  },
  'no-count': {
    en: 'it does not return how many sessions there were.',
    zh: '返回值不是会话的个数。',
  },
  'stale-event': {
    en: 'an event came of a descriptor that is closed. close() takes an item away only with the last descriptor of the file; while the number is still yours, there is a call that takes it away at once.',
    zh: '收到了已关闭描述符的事件。只有关闭文件的最后一个描述符时，close() 才会移除条目；趁描述符还有效，有一个调用可以立即移除它。',
  },
  deadlock: {
    en: 'it sleeps for ever. Was each socket of the session added? Look at what epoll_ctl() has returned. One side that has ended is enough: nobody may wait for the other.',
    zh: '它永远睡眠。会话的每个套接字都添加了吗？请看 epoll_ctl() 的返回值。只要一端结束就够了：不应再等另一端。',
  },
};

export const task: Task = {
  number: 14,
  title: { en: 'Numbers are used again', zh: '号码会被重新使用' },
  signature: 'export default function* (sys, ep, next, over)',
  grade: (solution) =>
    judge(solution, situations, said, {
      en: 'Each session was ended once and at the right time, also where a child kept its descriptors open.',
      zh: '每个会话都恰好在正确的时候结束了一次，即使子进程仍持有描述符也是如此。',
    }),
};
