/** Lab 14: sessions of two sockets each, whose numbers are used again. */
import { AF_UNIX, type Code, SOCK_STREAM, type Sys } from 'epollsim';
import {
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

/** One session whose peers have gone both, and one whose peers go later; `keeps` duplicates. */
const sessions = (when: Words, keeps: boolean): Situation => ({
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
      const next = function* (self: Sys): Code<readonly number[] | null> {
        must(begun === ended, 'two-sessions');
        if (++begun > 2) return null;
        const [a, peerA] = yield* self.socketpair(AF_UNIX, SOCK_STREAM);
        const [b, peerB] = yield* self.socketpair(AF_UNIX, SOCK_STREAM);
        here = [a, b];
        gone = 0;
        const leave = function* (who: Sys): Code<void> {
          gone = 1; // From here on it is going.
          yield* who.close(peerA);
          yield* who.close(peerB);
        };
        if (begun === 1) yield* leave(self);
        else client = yield* self.pthread_create(leave, 'client');
        if (keeps && begun === 1) for (const fd of here) yield* sys.dup(fd);
        return here;
      };
      const over = function* (self: Sys): Code<void> {
        must(begun === ended + 1, 'ended-twice');
        must(gone === 1, 'stale');
        ended++;
        for (const fd of here) yield* self.close(fd);
      };
      const count = yield* runWatched(solution, sys, inner(watch), ep, next, over);
      must(ended === 2, 'left');
      must(count === 2, 'no-count');
      if (client !== null) yield* sys.pthread_join(client);
    },
});

/** What next() and over() call is theirs, and goes by the solution's sys. */
const inner = (outer: Watch): Watch => ({
  ...outer,
  may: [...outer.may, 'socketpair', 'close', 'pthread_create'],
});

const situations: readonly Situation[] = [
  sessions(
    { en: 'When both sides of a session end at once', zh: '一个会话的两端同时结束时' },
    false,
  ),
  sessions(
    { en: 'When a child still has the descriptors open', zh: '子进程仍持有这些描述符时' },
    true,
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
    en: 'it sleeps for ever. Was each socket of the session added? Look at what epoll_ctl() has returned.',
    zh: '它永远睡眠。会话的每个套接字都添加了吗？请看 epoll_ctl() 的返回值。',
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
