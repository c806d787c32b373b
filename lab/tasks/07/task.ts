/** Messages out of a stream of bytes, however it is cut, by edges. */
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
import { judge, type Made, type Situation, type Stage } from '../judge.ts';
import {
  asksForLevel,
  isRead,
  leftOpen,
  makesBlocking,
  readAgain,
  readsOf,
  unaskedRead,
  waitsOtherwise,
} from '../reads.ts';
import type { Grade, Solution, Task, Words } from '../task.ts';
import { streamsFrom } from './streams.ts';

const words = (en: string, zh: string): Words => ({ en, zh });

/** How large the buffer of a read has to be, and may be, in bytes. */
const [leastRoom, mostRoom] = [4, 8];

/**
 * The peer writes these pieces, which make these messages, and has no more to say then. Where it is `slow`,
 * that is run once, and each piece comes when all before it was read.
 */
function coming(
  name: Words,
  pieces: readonly string[],
  messages: readonly string[],
  options: CheckOptions = {},
  slow = false,
): Situation {
  const sent = pieces.map((piece) => `"${piece}"`).join(', ');
  return {
    name: words(`${name.en} (${sent})`, `${name.zh}（${sent}）`),
    *play(stage) {
      const { sys } = stage;
      const [fd, there] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      const ep = yield* sys.epoll_create1(0);
      const events = EPOLLIN | EPOLLRDHUP | EPOLLET;
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
      yield* sys.pthread_create(function* (own) {
        for (const piece of pieces) {
          if (slow) yield* own.nanosleep({ tv_sec: 0, tv_nsec: 1_000_000 });
          yield* own.write(there, piece);
        }
        yield* own.shutdown(there, SHUT_WR);
      }, 'peer');
      const open = stage.open();
      const answer: unknown = yield* stage.solve(sys, ep, fd);
      const opened = stage.open() - open;
      const wrong = wrongCalls(stage);
      if (wrong !== null) stage.fail(wrong);
      const item = stage.epoll(ep)?.items.find((one) => one.fd === fd);
      stage.expect(item?.events.split('|').includes('EPOLLET') ?? true, level);
      stage.expect(stage.calls.length > 0, noCall);
      const wrongOne = wrongAnswer(answer, messages);
      const isWhole = readsOf(stage).some(({ ret }) => ret === 0);
      if (!isWhole) stage.fail(noEnd);
      if (wrongOne !== null) stage.fail(wrongOne);
      stage.expect(opened <= 0, leftOpen);
    },
    options,
    quiet: slow,
    asleep: (stage) => wrongCalls(stage) ?? strandedAt(stage),
    round: (stage) => wrongCalls(stage) ?? readsOn(stage),
  };
}

// ── The calls ────────────────────────────────────────────────────────────────────────────────────

/** What is wrong with the calls, whatever came of them. */
function wrongCalls(stage: Stage): Words | null {
  if (makesBlocking(stage)) return blocking;
  if (waitsOtherwise(stage)) return otherCall;
  if (asksForLevel(stage)) return level;
  const unfit = stage.calls.filter(isRead).map(roomOf).find(isUnfit);
  if (unfit !== undefined) return room(unfit);
  const unasked = unaskedRead(stage);
  if (unasked === null) return null;
  return unasked === 'ticks' ? ticks : spinning;
}

/** How many bytes a read has room for; null where it has no buffer of bytes, which the call says itself. */
function roomOf({ args: [, buf] }: Made): number | null {
  if (buf instanceof Uint8Array) return buf.length;
  const pieces: unknown = Array.isArray(buf) ? buf : (buf as { msg_iov?: unknown })?.msg_iov;
  return Array.isArray(pieces) ? pieces.reduce((sum, { length }) => sum + length, 0) : null;
}

const isUnfit = (size: number | null): size is number =>
  size !== null && (size < leastRoom || size > mostRoom);

/** What it reads again and again; null where that is not what it does. */
function readsOn(stage: Stage): Words | null {
  const again = readAgain(stage);
  if (again === null) return null;
  return again === 'end' ? atEnd : spinning;
}

/** What it had read last, before it fell asleep. */
function strandedAt(stage: Stage): Words {
  const last = readsOf(stage).at(-1)?.ret ?? null;
  return last !== null && last > 0 ? stranded(last) : deaf;
}

// ── The answer ───────────────────────────────────────────────────────────────────────────────────

/** What is wrong with the messages; null if nothing is. */
function wrongAnswer(answer: unknown, messages: readonly string[]): Words | null {
  if (!Array.isArray(answer) || !answer.every((one) => typeof one === 'string')) {
    return noTexts(answer);
  }
  if (JSON.stringify(answer) === JSON.stringify(messages)) return null;
  const all = messages.join('');
  const isSame = answer.join('') === all;
  if (isSame) return answer.length > messages.length ? apart(answer) : together(answer);
  const isPrefix = answer.every((one, i) => one === messages[i]);
  return isPrefix ? missing(answer, messages) : different(answer, messages);
}

const shown = (texts: readonly unknown[]): string => JSON.stringify(texts).replaceAll(',', ', ');

const noTexts = (answer: unknown): Words =>
  words(
    `Your function returned ${typeof answer === 'object' ? 'an object' : String(answer)}. Expected is an array of texts, one for each message. decodeText() makes a text of bytes.`,
    `你的函数返回了${typeof answer === 'object' ? '一个对象' : String(answer)}。应当返回由字符串组成的数组，每条消息一个。decodeText() 可以把字节变成字符串。`,
  );
const apart = (answer: readonly string[]): Words =>
  words(
    `Your function returned ${shown(answer)}: all bytes are there, and a message is in parts. What one read gives is no message. Look at the length that stands before it.`,
    `你的函数返回了 ${shown(answer)}：字节都在，但有一条消息被拆开了。一次 read 得到的不等于一条消息，请看消息前面的长度。`,
  );
const together = (answer: readonly string[]): Words =>
  words(
    `Your function returned ${shown(answer)}: all bytes are there, and messages were put together, or one without any text was left out. Look at where each of them ends.`,
    `你的函数返回了 ${shown(answer)}：字节都在，但有几条消息被并在一起，或者漏掉了一条空消息。请看每条消息在哪里结束。`,
  );
const missing = (answer: readonly string[], messages: readonly string[]): Words => {
  const more = messages.length - answer.length;
  return words(
    `Your function returned ${shown(answer)}, and ${more} whole ${more === 1 ? 'message' : 'messages'} more had come. What it needs was left in the socket; or was read and not looked at, as one read may give several messages; or was forgotten on the way back to sleep. No event tells of what is in your own memory.`,
    `你的函数返回了 ${shown(answer)}，而还有 ${more} 条完整的消息已经到达。它的数据要么留在套接字里；要么读了却没有处理，因为一次 read 可能得到好几条消息；要么在回去睡眠时被丢掉了。已经读进你自己内存里的数据，不会再有任何事件上报。`,
  );
};
const different = (answer: readonly string[], messages: readonly string[]): Words =>
  words(
    `Your function returned ${shown(answer)}; sent was ${shown(messages)}. Look at what becomes of the bytes behind a message, and of half a message, when the next read comes: they have to be kept. What the end cuts off is no message.`,
    `你的函数返回了 ${shown(answer)}，而发送的是 ${shown(messages)}。请看下一次 read 到来时，一条消息后面的字节和半条消息去了哪里：它们必须保留下来。被流的结束截断的内容不算消息。`,
  );

// ── The sleep, and the rest ──────────────────────────────────────────────────────────────────────

const stranded = (last: number): Words =>
  words(
    `Your program sleeps in epoll_wait for ever. Its last read gave ${last} bytes, and what is behind them (more bytes, or the end of the stream) had come already, and had been told of. Which answer of read says that there is nothing more?`,
    `你的程序永远睡在 epoll_wait 里。最后一次 read 得到 ${last} 个字节，而后面的内容（更多字节，或流的结束）早已到达，也已经上报过。read 返回什么才说明没有更多内容了？`,
  );
const deaf = words(
  'Your program sleeps for ever. Everything that it could be told of was told already. Look at which event it had, and what it did not do then.',
  '你的程序永远睡眠。能上报的都已经上报过了。请看它收到过哪个事件，当时又漏做了什么。',
);
const spinning = words(
  'The socket was empty (EAGAIN), and you read again without having been told of anything. Half a message is no reason to look again at once: that burns the CPU until the peer writes.',
  '套接字已空（EAGAIN），没有得到任何通知，你又去读了。只来了半条消息并不是马上再读的理由：这样在对端写入之前会一直占用 CPU。',
);
const atEnd = words(
  'Your program reads again and again, and gets 0 each time. What does a read of 0 say of a stream, even if half a message has come?',
  '你的程序不停地读，每次都得到 0。对于流来说，read 返回 0 表示什么？即使只来了半条消息也一样。',
);
const ticks = words(
  'You wake up by a timeout to look whether something was missed. On a real server that hides the bug, and each message is slow now and then.',
  '你靠超时醒来，再看有没有漏掉什么。在真实的服务器上，这只是掩盖了错误，消息会时不时变慢。',
);
const blocking = words(
  'You have made the socket a blocking one. Then half a message holds up the thread, and all its other connections.',
  '你把套接字改成了阻塞模式。这样只要来了半条消息，线程就会卡住，它的其他连接也跟着卡住。',
);
const otherCall = words(
  'You wait by another call than epoll_wait.',
  '你用了 epoll_wait 以外的调用来等待。',
);
const level = words(
  'You have made the item level-triggered. Then nothing is stranded in the socket; what lies in your own memory would be all the same. Here it stays EPOLLET.',
  '你把该条目改成了水平触发。那样套接字里不会有数据滞留，但已经读进你自己内存里的数据照样没人上报。这里必须保持 EPOLLET。',
);
const room = (size: number): Words =>
  words(
    `A read of yours has room for ${size} bytes. Expected are ${leastRoom} to ${mostRoom}, whatever is to come: a server does not know how long the next message is, and asks for what fits.`,
    `你的某次 read 的缓冲区是 ${size} 个字节。要求是 ${leastRoom} 到 ${mostRoom} 个字节，不管接下来是什么：服务器并不知道下一条消息有多长，只能按缓冲区的大小去读。`,
  );
const noCall = words(
  'Your program returned at once and made no call.',
  '你的程序没有进行任何调用就返回了。',
);
const noEnd = words(
  'Your program returned before the end of the stream: no read has returned 0. EPOLLRDHUP says that the peer writes no more, and not that all was read.',
  '你的程序在流结束之前就返回了：没有一次 read 返回 0。EPOLLRDHUP 说的是对端不再写，并不是说数据都已读完。',
);

const done = words(
  'However the stream is cut, each message comes out whole and once, and nothing is stranded, neither in the socket nor in the program.',
  '无论流怎样被切分，每条消息都完整地取出一次，套接字里和程序里都没有数据滞留。',
);

/** What the text of the lab does not show, so that nobody writes for it alone. */
const seed = 20_260_707;

const situations: readonly Situation[] = [
  coming(words('One message in one piece', '一条消息，一次到达'), ['5hello'], ['hello']),
  coming(words('A message in two pieces', '一条消息，分两次到达'), ['5he', 'llo'], ['hello'], {
    preemptions: 1,
  }),
  coming(
    words('Three messages in one piece, one of them empty', '三条消息一次到达，其中一条为空'),
    ['2ok03bye'],
    ['ok', '', 'bye'],
  ),
  coming(words('The end in the middle of a message', '消息还没完，流就结束了'), ['2ok5he'], ['ok']),
  coming(
    words('Two messages, cut inside of the second', '两条消息，在第二条中间切开'),
    ['2ok9good', ' news'],
    ['ok', 'good news'],
    { preemptions: 1 },
  ),
  ...streamsFrom(seed, 24).map(({ messages, pieces }) =>
    coming(words('Messages at random', '随机的消息'), pieces, messages, {}, true),
  ),
];

/** Lab 7: partial reads, and messages in a stream. */
export const task: Task = {
  number: 7,
  title: words('Messages out of a stream', '从字节流中取出消息'),
  signature: 'export default function* (sys, ep, fd)',
  grade: (solution: Solution): Grade => judge(solution, situations, done),
};
