/** Lab 9: two threads at one socket, and one of them at a time. */
import {
  AF_UNIX,
  type Code,
  decodeText,
  EAGAIN,
  EFD_SEMAPHORE,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { refusal } from '../grade.ts';
import {
  isSys,
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
import type { Grade, Solution, Task, Words } from '../task.ts';

/** Who has waited and who has read, by number, and who has read nothing how often since. */
interface Seen {
  readonly waited: Set<number>;
  readonly readers: Set<number>;
  readonly dry: Map<number, number>;
}

const watch = ({ waited, readers, dry }: Seen): Watch => ({
  may: [
    ...waits,
    ...reads,
    'epoll_create1',
    'epoll_ctl',
    'pthread_create',
    'pthread_join',
    'eventfd2',
    'write',
    'close',
  ],
  before(call) {
    if (waits.includes(call.name)) {
      waited.add(call.thread);
      return waitsForEver(call) ? null : 'polls';
    }
    if (reads.includes(call.name)) readers.add(call.thread);
    return reads.includes(call.name) && (dry.get(call.thread) ?? 0) > 3 ? 'spins' : null;
  },
  after({ name, thread }, ret, result) {
    if (waits.includes(name) && tells(result)) dry.set(thread, 0);
    if (reads.includes(name)) dry.set(thread, ret === -EAGAIN ? (dry.get(thread) ?? 0) + 1 : 0);
  },
});

const begun = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
const goOn = new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0]);

/**
 * The first piece comes; while it is worked on, so do the others, and the end. On every schedule with
 * at most one preemption. Who reads on any of them is put into `readers`.
 */
const session = (
  when: Words,
  first: string,
  rest: readonly string[],
  readers: Set<number>,
): Situation => ({
  when,
  options: { preemptions: 1 },
  program: (solution: Solution) =>
    function* (sys) {
      const type = SOCK_STREAM | SOCK_NONBLOCK;
      const [sock, peer] = yield* sys.socketpair(AF_UNIX, type);
      const working = yield* sys.eventfd2(0, 0);
      const done = yield* sys.eventfd2(0, EFD_SEMAPHORE);
      const client = yield* sys.pthread_create(function* (self) {
        yield* self.write(peer, first);
        yield* self.read(working, new Uint8Array(8));
        for (const piece of rest) yield* self.write(peer, piece);
        yield* self.close(peer);
        yield* self.write(done, goOn);
      }, 'client');
      let [taken, hands] = ['', 0];
      const take = function* (self: Sys, bytes: Uint8Array): Code<void> {
        must(isSys(self) && bytes instanceof Uint8Array, 'take-given');
        must(++hands === 1, 'two-at-once');
        yield* self.write(working, begun);
        yield* self.read(done, new Uint8Array(8));
        taken += decodeText(bytes);
        hands--;
      };
      const seen: Seen = { waited: new Set(), readers, dry: new Map() };
      yield* runWatched(solution, sys, watch(seen), sock, take);
      const sent = [first, ...rest].join('');
      must(taken.length >= sent.length, 'lost');
      must(taken.length === sent.length, 'too-many');
      must(taken === sent, 'out-of-order');
      must(seen.waited.size > 1, 'one-thread');
      yield* sys.pthread_join(client);
    },
});

const situations = (readers: Set<number>): readonly Situation[] => [
  session(
    {
      en: 'When the second piece comes while the first is worked on',
      zh: '处理第一段数据期间又来了第二段时',
    },
    'ab',
    ['cd'],
    readers,
  ),
  session(
    { en: 'When one piece comes, and then the end', zh: '先来一段数据，然后连接结束时' },
    'ab',
    [],
    readers,
  ),
];

const said: Said = {
  'two-at-once': {
    en: 'one thread has yet to finish with a piece when another one hands over the next: both were told of the same socket. Which flag keeps the second from being told, and from when to when?',
    zh: '一个线程还没处理完一段数据，另一个线程已经递交了下一段：两个线程都得知了同一个套接字。哪个标志能让第二个线程不被告知，从何时到何时？',
  },
  'out-of-order': {
    en: 'all bytes are there, and in another order. Between read() and take() another thread has been at the socket: see in the table when the item was armed.',
    zh: '字节都在，但顺序变了。在 read() 与 take() 之间，另一个线程也动了这个套接字：请在表中看条目是何时启用的。',
  },
  lost: {
    en: 'it ends before all bytes were handed over. The end is where read() returns 0; what was read goes to take(), no more and no less.',
    zh: '字节尚未全部递交就结束了。只有 read() 返回 0 才是结束；读到的内容要不多不少地交给 take()。',
  },
  'too-many': {
    en: 'more bytes were handed over than were sent. read() says how much of the buffer it has filled.',
    zh: '递交的字节比发送的多。read() 的返回值说明缓冲区填了多少。',
  },
  'one-thread': {
    en: 'only one thread has waited in epoll_wait(). Two are asked for: a pool of one is right, and slow.',
    zh: '只有一个线程在 epoll_wait() 中等待过。题目要求两个线程：只有一个线程的池虽然正确，但是慢。',
  },
  'one-reads': {
    en: 'one thread has done all the reading, on every schedule: the other one waits for something else. Both are to wait for the socket, so that either can go on.',
    zh: '在所有调度序列下，读操作都由同一个线程完成，另一个线程在等别的东西。两个线程都应当等待这个套接字，谁都可以接着处理。',
  },
  'take-given': {
    en: 'take() is not given what it needs: first the sys of the thread that calls it, then a Uint8Array with the bytes that were read: take(sys, bytes).',
    zh: '没有把 take() 需要的东西交给它：先是调用它的线程的 sys，然后是装有所读字节的 Uint8Array：take(sys, bytes)。',
  },
  'oneshot-never-rearmed': {
    en: 'a thread sleeps for ever, for the item is disarmed. Both threads have to hear of the end: what does the first one leave to the other?',
    zh: '条目处于停用状态，有线程永远睡眠。两个线程都要得知连接结束：第一个线程给另一个留下了什么？',
  },
  'stranded-data': {
    en: 'a thread sleeps for ever beside what it was told of already. Who reads less than there is, and is edge-triggered, is not told again.',
    zh: '线程在已经上报过的数据旁边永远睡眠。边缘触发时，若没有读完，就不会再次上报。',
  },
  deadlock: {
    en: 'somebody sleeps for ever. Both threads have to hear of the end, an edge is told to one of them alone, and what was read is waited for in take().',
    zh: '有线程永远睡眠。两个线程都要得知连接结束，一个边缘只会告诉其中一个；读到的内容必须交给 take()。',
  },
};

function grade(solution: Solution): Grade {
  const readers = new Set<number>();
  const verdict = judge(solution, situations(readers), said, {
    en: 'Two threads have shared the work, the socket was in the hands of one at a time, and both have heard of the end.',
    zh: '两个线程分担了工作，套接字每次只在一个线程手中，并且两个线程都得知了连接结束。',
  });
  return verdict.passed && readers.size < 2 ? refusal(said['one-reads'] as Words) : verdict;
}

export const task: Task = {
  number: 9,
  title: { en: 'One at a time', zh: '一次一个线程' },
  signature: 'export default function* (sys, sock, take)',
  grade,
};
