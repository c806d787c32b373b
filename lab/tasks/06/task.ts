/** All that comes through a socket that is edge-triggered, to its end. */
import {
  AF_UNIX,
  type CheckOptions,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  EPOLLRDHUP,
  SHUT_WR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from 'epollsim';
import { judge, type Situation, type Stage } from '../judge.ts';
import {
  asksForLevel,
  leftOpen,
  makesBlocking,
  readAgain,
  readsOf,
  unaskedRead,
  waitsOtherwise,
} from '../reads.ts';
import type { Grade, Solution, Task, Words } from '../task.ts';

const words = (en: string, zh: string): Words => ({ en, zh });

/** The peer writes these texts, and has no more to say then. */
function coming(name: Words, texts: readonly string[], options: CheckOptions = {}): Situation {
  return {
    name,
    *play(stage) {
      const { sys } = stage;
      const [fd, there] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      const ep = yield* sys.epoll_create1(0);
      const events = EPOLLIN | EPOLLRDHUP | EPOLLET;
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
      yield* sys.pthread_create(function* (own) {
        for (const text of texts) yield* own.write(there, text);
        yield* own.shutdown(there, SHUT_WR);
      }, 'peer');
      const open = stage.open();
      const answer: unknown = yield* stage.solve(sys, ep, fd);
      const opened = stage.open() - open;
      const wrong = wrongCalls(stage);
      if (wrong !== null) stage.fail(wrong);
      const item = stage.epoll(ep)?.items.find((one) => one.fd === fd);
      stage.expect(item?.events.split('|').includes('EPOLLET') ?? true, level);
      const bytes = texts.join('').length;
      stage.expect(stage.calls.length > 0, noCall);
      stage.expect(answer === bytes, wrongSum(answer, bytes));
      stage.expect(
        readsOf(stage).some(({ ret }) => ret === 0),
        noEnd,
      );
      stage.expect(opened <= 0, leftOpen);
    },
    options,
    asleep: (stage) => wrongCalls(stage) ?? strandedAt(stage),
    round: (stage) => wrongCalls(stage) ?? readsOn(stage),
  };
}

/** What is wrong with the calls, whatever came of them. */
function wrongCalls(stage: Stage): Words | null {
  if (makesBlocking(stage)) return blocking;
  if (waitsOtherwise(stage)) return otherCall;
  if (asksForLevel(stage)) return level;
  const unasked = unaskedRead(stage);
  if (unasked === null) return null;
  return unasked === 'ticks' ? ticks : spinning;
}

/** What it reads again and again; null where that is not what it does. */
function readsOn(stage: Stage): Words | null {
  const again = readAgain(stage);
  if (again === null) return null;
  return again === 'end' ? atEnd : spinning;
}

/** What it had read last, before it fell asleep. */
function strandedAt(stage: Stage): Words {
  const last = readsOf(stage).at(-1)?.ret ?? null;
  if (last === null) return deaf;
  return last > 0 ? stranded(last) : deaf;
}

const stranded = (last: number): Words =>
  words(
    `Your program sleeps in epoll_wait for ever. Its last read gave ${last} bytes, and what is behind them (more bytes, or the end of the stream) had come already, and had been told of. Look at the socket when the sleep begins, and at the ready list: who would put the item there again?`,
    `你的程序永远睡在 epoll_wait 里。最后一次 read 得到 ${last} 个字节，而后面的内容（更多字节，或流的结束）早已到达，也已经上报过。请看睡眠开始时的套接字和就绪链表：还有谁会把该条目再放进去？`,
  );
const deaf = words(
  'Your program sleeps for ever. Everything that it could be told of was told already. Look at which event it had, and what it did not do then.',
  '你的程序永远睡眠。能上报的都已经上报过了。请看它收到过哪个事件，当时又漏做了什么。',
);
const spinning = words(
  'The socket was empty (EAGAIN), and you read again without having been told of anything. That is a loop that burns the CPU until the peer writes.',
  '套接字已空（EAGAIN），没有得到任何通知，你又去读了。在对端写入之前，这样的循环会一直占用 CPU。',
);
const atEnd = words(
  'Your program reads again and again, and gets 0 each time. That is no error and no lack of bytes: what does a read of 0 say of a stream?',
  '你的程序不停地读，每次都得到 0。这既不是错误，也不是暂时没有数据：对于流来说，read 返回 0 表示什么？',
);
const ticks = words(
  'You wake up by a timeout to look whether something was missed. On a real server that hides the bug, and each connection is slow now and then.',
  '你靠超时醒来，再看有没有漏掉什么。在真实的服务器上，这只是掩盖了错误，连接会时不时变慢。',
);
const blocking = words(
  'You have made the socket a blocking one. Then the last read of a loop sleeps, in a place where nothing else can wake the thread.',
  '你把套接字改成了阻塞模式。这样循环里的最后一次 read 会睡眠，而在那里别的事件都唤不醒线程。',
);
const otherCall = words(
  'You wait by another call than epoll_wait.',
  '你用了 epoll_wait 以外的调用来等待。',
);
const level = words(
  'You have made the item level-triggered. That would work, and is the last lab. Here it stays EPOLLET.',
  '你把该条目改成了水平触发。那样确实可行，但那是上一个实验。这里必须保持 EPOLLET。',
);
const noCall = words(
  'Your program returned at once and made no call.',
  '你的程序没有进行任何调用就返回了。',
);
const wrongSum = (answer: unknown, bytes: number): Words =>
  words(
    `Your program returned ${String(answer)}; ${bytes} bytes were written before the end. Look at each read: what did it return, and was it counted? EAGAIN is a negative number.`,
    `你的程序返回了 ${String(answer)}；在流结束之前一共写入了 ${bytes} 个字节。请看每次 read 的返回值，以及是否计入了总数。EAGAIN 是负数。`,
  );
const noEnd = words(
  'Your program returned before the end of the stream: no read has returned 0. The peer might have gone on.',
  '你的程序在流结束之前就返回了：没有一次 read 返回 0。对端可能还会继续写。',
);

const done = words(
  'Whenever the bytes and the end come, each edge is followed until there is no more, and nothing is stranded.',
  '无论字节和结束标志何时到达，每个边缘都会一直读到没有为止，没有数据滞留。',
);

/** Lab 6: edge-triggered, and what an edge asks for. */
export const task: Task = {
  number: 6,
  title: words('Read all, by edges', '用边缘触发读完全部数据'),
  signature: 'export default function* (sys, ep, fd)',
  grade: (solution: Solution): Grade =>
    judge(
      solution,
      [
        coming(words('One message, and the end', '一条消息，然后结束'), ['abcdef']),
        coming(words('Nothing but the end', '只有结束'), []),
        coming(words('Two messages, and the end', '两条消息，然后结束'), ['abcdef', 'gh'], {
          preemptions: 1,
        }),
      ],
      done,
    ),
};
