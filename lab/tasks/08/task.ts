/** Lab 8: an item with EPOLLONESHOT, armed again on each way out. */
import {
  AF_UNIX,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLONESHOT,
  type Interest,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from 'epollsim';
import {
  judge,
  must,
  reads,
  runWatched,
  type Said,
  type Situation,
  tells,
  type Watch,
  waits,
  waitsForEver,
} from '../judge_watched.ts';
import type { Solution, Task, Words } from '../task.ts';

/** The item stays, and stays one-shot; nobody reads on after EAGAIN without waiting. */
function watch(seen: { end: boolean }): Watch {
  let dry = 0;
  return {
    may: [...waits, ...reads, 'epoll_ctl', 'close'],
    before(call) {
      if (waits.includes(call.name)) return waitsForEver(call) ? null : 'polls';
      if (reads.includes(call.name)) return dry > 3 ? 'spins' : null;
      if (call.name !== 'epoll_ctl') return null;
      const [, op, , interest] = call.args;
      if (op === EPOLL_CTL_DEL) return 'deletes';
      const { events = 0 } = (interest ?? {}) as Partial<Interest>;
      return op === EPOLL_CTL_MOD && (events & EPOLLONESHOT) === 0 ? 'not-oneshot' : null;
    },
    after({ name }, ret, result) {
      if (waits.includes(name) && tells(result)) dry = 0;
      if (!reads.includes(name)) return;
      dry = ret === -EAGAIN ? dry + 1 : 0;
      if (ret === 0) seen.end = true;
    },
  };
}

/**
 * A client sends `pieces` and closes; another thread may take `most` bytes away. One piece: on every
 * schedule; more: on every schedule with at most two preemptions, which are a thousand.
 */
const session = (when: Words, pieces: readonly string[], most: number): Situation => ({
  when,
  options: { sharedMemory: false, ...(pieces.length > 1 ? { preemptions: 2 } : {}) },
  program: (solution: Solution) =>
    function* (sys) {
      const [sock, peer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      const ep = yield* sys.epoll_create1(0);
      const interest = { events: EPOLLIN | EPOLLONESHOT, data: sock };
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, sock, interest);
      let taken = 0;
      const client = yield* sys.pthread_create(function* (self) {
        for (const piece of pieces) {
          yield* self.write(peer, piece);
          if (taken === most) continue;
          taken += Math.max(0, yield* self.read(sock, new Uint8Array(most - taken)));
        }
        yield* self.close(peer);
      }, 'client');
      const seen = { end: false };
      const got = yield* runWatched(solution, sys, watch(seen), ep, sock);
      yield* sys.pthread_join(client);
      must(typeof got === 'number', 'no-number');
      must(seen.end && got + taken >= pieces.join('').length, 'too-few');
      must(got + taken === pieces.join('').length, 'too-many');
    },
});

const situations: readonly Situation[] = [
  session(
    { en: 'When a message comes and then the end', zh: '先来一条消息，然后连接结束时' },
    ['ab'],
    0,
  ),
  session(
    {
      en: 'When another thread has read the byte before this one gets to it',
      zh: '当另一个线程抢先把字节读走时',
    },
    ['a'],
    1,
  ),
  session(
    { en: 'When two messages come and then the end', zh: '先来两条消息，然后连接结束时' },
    ['ab', 'c'],
    0,
  ),
];

const said: Said = {
  'oneshot-never-rearmed': {
    en: 'the item was told of once and is disarmed, so nothing is told of it any more, not even the end. Which way out of the loop leaves it so?',
    zh: '该条目上报一次之后就被停用，此后什么都不再上报，连连接结束也不上报。循环的哪条出路没有重新启用它？',
  },
  'not-oneshot': {
    en: 'MOD replaces all flags, and this one leaves EPOLLONESHOT out. With a second thread on this instance, both would get the same socket.',
    zh: 'MOD 会替换全部标志，而这一次漏掉了 EPOLLONESHOT。若实例上还有第二个线程，两个线程会拿到同一个套接字。',
  },
  deletes: {
    en: 'the item is deleted. It can stay: there is an operation of epoll_ctl() that arms what is there, and looks at the file at once.',
    zh: '该条目被删除了。它可以留着：epoll_ctl() 有一个操作可以重新启用已有条目，并立即查看文件状态。',
  },
  'too-few': {
    en: 'it returns before all bytes were read. The end is where read() returns 0, and nowhere else.',
    zh: '它在读完所有字节之前就返回了。只有 read() 返回 0 才是结束。',
  },
  'too-many': {
    en: 'it returns more than was sent. A negative result of read() is an error, and no number of bytes.',
    zh: '返回值比发送的字节还多。read() 的负返回值是错误码，不是字节数。',
  },
  'no-number': {
    en: 'it does not return a number: how many bytes it has read is asked for.',
    zh: '返回值不是数字：题目要求返回读到的字节数。',
  },
  livelock: {
    en: 'it goes round for ever. The end of a stream stays ready: what does read() return there?',
    zh: '它一直循环。流结束之后始终是“就绪”的：那时 read() 返回什么？',
  },
};

export const task: Task = {
  number: 8,
  title: { en: 'Armed on each way out', zh: '每条出路都重新启用' },
  signature: 'export default function* (sys, ep, sock)',
  grade: (solution) =>
    judge(solution, situations, said, {
      en: 'On every schedule all bytes were read, also where another thread had been faster, and the item was armed again each time.',
      zh: '在所有调度序列上都读到了全部字节，包括别的线程抢先的情况，并且每次都重新启用了条目。',
    }),
};
