/** All of a long message, through a socket that takes a part at a time. */
import {
  AF_UNIX,
  EAGAIN,
  EBADF,
  EPOLL_CTL_ADD,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  errnoName,
  F_SETFL,
  SHUT_WR,
  SIGPIPE,
  SO_SNDBUF,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from 'epollsim';
import { valueText } from '../grade.ts';
import { judge, type Made, naps, type Situation, type Stage } from '../judge.ts';
import type { Grade, Solution, Task, Words } from '../task.ts';

const words = (en: string, zh: string): Words => ({ en, zh });

const message = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7) % 251);

/** A message of that length; `greeting` lies unread in the socket all the time. */
function sending(name: Words, length: number, greeting: string): Situation {
  return {
    name,
    *play(stage) {
      const { sys } = stage;
      const [fd, there] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      yield* sys.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 2304);
      yield* sys.fcntl(there, F_SETFL, 0);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
      if (greeting !== '') yield* sys.write(there, greeting);
      const came: number[] = [];
      const peer = yield* sys.pthread_create(function* (own) {
        const buf = new Uint8Array(8192);
        for (let n = 1; n > 0; ) {
          n = yield* own.read(there, buf);
          came.push(...buf.subarray(0, Math.max(0, n)));
        }
      }, 'peer');
      const open = stage.open();
      const answer: unknown = yield* stage.solve(sys, ep, fd, message(length));
      const opened = stage.open() - open;
      yield* sys.shutdown(fd, SHUT_WR);
      yield* sys.pthread_join(peer);
      look(stage, ep, fd);
      stage.expect(opened === 0, leak);
      const sent = message(length);
      stage.expect(came.length >= length, lost(came.length, length));
      stage.expect(came.length === length && sent.every((byte, i) => byte === came[i]), mixedUp);
      stage.expect(answer === length, answered(answer, length));
    },
    options: { preemptions: 1 },
    asleep: () => deaf,
    round: (stage) => wrongCalls(stage) ?? spinning,
  };
}

/** The peer reads a little, and closes: the next write fails, long after the first. */
const broken: Situation = {
  name: words('The peer closes in the middle of a long message', '长消息发到一半，对端关闭'),
  *play(stage) {
    const { sys } = stage;
    yield* sys.sigaction(SIGPIPE, { handler: 'SIG_IGN' });
    const [fd, there] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    yield* sys.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 2304);
    yield* sys.fcntl(there, F_SETFL, 0);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
    const peer = yield* sys.pthread_create(function* (own) {
      yield* own.read(there, new Uint8Array(8192));
      yield* own.close(there);
    }, 'peer');
    const answer: unknown = yield* stage.solve(sys, ep, fd, message(20_000));
    yield* sys.pthread_join(peer);
    look(stage, ep, fd);
    const failure = stage.calls.filter(isWrite).at(-1)?.ret ?? 0;
    stage.expect(failure < 0, gaveUp(answer));
    stage.expect(answer === failure, keptLater(failure, answer));
  },
  options: { preemptions: 1 },
  asleep: () => deaf,
  round: () => hopeless,
};

const refused: Situation = {
  name: words('The descriptor is not open', '描述符没有打开'),
  *play(stage) {
    const { sys } = stage;
    const ep = yield* sys.epoll_create1(0);
    const answer: unknown = yield* stage.solve(sys, ep, 99, message(10));
    stage.expect(answer === -EBADF, kept(answer));
  },
  round: () => hopeless,
};

/** What is asked of the calls, and of the tree afterwards. */
function look(stage: Stage, ep: number, fd: number): void {
  const wrong = wrongCalls(stage);
  if (wrong !== null) stage.fail(wrong);
  const item = stage.epoll(ep)?.items.find((one) => one.fd === fd);
  const events = item?.events.split('|') ?? [];
  stage.expect(events.includes('EPOLLIN'), noMoreIn);
  stage.expect(!events.includes('EPOLLOUT'), leftOut);
  stage.expect(!events.includes('EPOLLET') && !events.includes('EPOLLONESHOT'), otherMode);
  const more = events.filter((one) => !['EPOLLIN', 'EPOLLERR', 'EPOLLHUP'].includes(one));
  stage.expect(more.length === 0, otherMask(more));
  stage.expect(Number(item?.data) === fd, otherData(item?.data));
}

function wrongCalls(stage: Stage): Words | null {
  if (stage.made('fcntl', 'ioctl').length > 0) return blocking;
  if (naps(stage).length > 0) return otherCall;
  if (stage.made('read', 'recv', 'recvfrom', 'readv').length > 0) return hasRead;
  let full = false;
  for (const made of stage.calls) {
    if (isWait(made) && made.ret !== null) {
      const masks = masksOf(made);
      if (masks.some((mask) => (mask & (EPOLLOUT | EPOLLERR | EPOLLHUP)) !== 0)) full = false;
      else if (masks.length > 0) return wokenForNothing;
      else if (made.ret === 0) return full ? ticks : null;
    }
    if (!isWrite(made)) continue;
    if (full) return spinning;
    full = made.ret === -EAGAIN;
  }
  return null;
}

const isWait = ({ call }: Made): boolean => call.startsWith('epoll_') && call.includes('wait');
const isWrite = ({ call }: Made): boolean => /^(write|writev|send|sendto|sendmsg)$/.test(call);
const masksOf = ({ result }: Made): number[] =>
  Array.isArray(result) ? result.map((event: { events: number }) => event.events) : [];

const deaf = words(
  'Your program sleeps, and there is room in the socket again. Look at the mask of the item: what is your thread waiting to be told of?',
  '套接字里又有空间了，而你的程序还在睡眠。请看该条目的掩码：你的线程在等什么事件？',
);
const spinning = words(
  'The socket was full (EAGAIN), and you wrote again without having been told that there is room. That is a loop that burns the CPU until the peer reads.',
  '套接字已满（EAGAIN），还没有得到“有空间”的通知，你又去写了。在对端读取之前，这样的循环会一直占用 CPU。',
);
const ticks = words(
  'You look every so often whether there is room. The socket can tell you at the moment when there is.',
  '你隔一段时间就查看是否有空间。其实套接字一有空间就能通知你。',
);
const wokenForNothing = words(
  'epoll_wait came back for something else than room to write. The peer has said something that nobody is to read now, and a level-triggered item is told of as long as that lies there. Look at the mask while you wait.',
  'epoll_wait 返回了，却不是因为有空间可写。对端发来的数据此刻没有人读，而水平触发的条目只要数据还在就会一直上报。请看等待期间的掩码。',
);
const blocking = words(
  'You have made the socket a blocking one. A thread that serves a thousand sockets must not sleep in one of them.',
  '你把套接字改成了阻塞模式。服务上千个套接字的线程不能睡在其中一个里。',
);
const otherCall = words(
  'You wait by another call than epoll_wait.',
  '你用了 epoll_wait 以外的调用来等待。',
);
const hasRead = words(
  'You have read from the socket. What the peer says is for somebody else.',
  '你从套接字读走了数据。对端发来的内容要由别人处理。',
);
const noMoreIn = words(
  'Afterwards nobody is told any more when the peer says something: EPOLLIN is not asked for. Leave the interest as you found it.',
  '之后对端再发数据就没有人知道了：没有登记 EPOLLIN。请把登记恢复成原来的样子。',
);
const leftOut = words(
  'Afterwards EPOLLOUT is still asked for. The socket has room nearly always, so each epoll_wait of the program comes back at once from now on.',
  '之后仍然登记着 EPOLLOUT。套接字几乎总是有空间，从此程序的每次 epoll_wait 都会立即返回。',
);
const otherMode = words(
  'Afterwards the item is not level-triggered any more. Leave the interest as you found it.',
  '之后该条目不再是水平触发了。请把登记恢复成原来的样子。',
);
const otherMask = (more: readonly string[]): Words =>
  words(
    `Afterwards ${more.join('|')} is asked for as well. Leave the interest as you found it: EPOLLIN alone.`,
    `之后还多登记了 ${more.join('|')}。请把登记恢复成原来的样子：只有 EPOLLIN。`,
  );
const otherData = (data: unknown): Words =>
  words(
    `Afterwards the data of the item is ${String(data)}, and no longer the descriptor. EPOLL_CTL_MOD replaces the data as well as the mask, and whoever is told next cannot know of what.`,
    `之后该条目的 data 是 ${String(data)}，不再是描述符。EPOLL_CTL_MOD 会同时替换掩码和 data，下一个收到事件的人就不知道事件来自哪里了。`,
  );
const leak = words(
  'A descriptor is left open. Each long message costs one more.',
  '有一个描述符没有关闭，每发一条长消息就多占一个。',
);
const lost = (came: number, length: number): Words =>
  words(
    `The peer got ${came} of ${length} bytes. Look at what each write has returned: how many bytes it took, or that it took none.`,
    `对端只收到 ${length} 个字节中的 ${came} 个。请看每次 write 的返回值：它接受了多少字节，还是一个也没有。`,
  );
const mixedUp = words(
  'The peer got other bytes than those of the message, or some of them twice. Look at where each write begins.',
  '对端收到的字节与消息不符，或者有重复。请看每次 write 从哪里开始。',
);
const answered = (answer: unknown, length: number): Words =>
  words(
    `Your function returned ${valueText(answer)}; all ${length} bytes were sent.`,
    `你的函数返回了 ${valueText(answer)}，而 ${length} 个字节已全部发出。`,
  );
const kept = (answer: unknown): Words =>
  words(
    `write fails with EBADF here. Your function returned ${typeof answer === 'number' && answer < 0 ? `-${errnoName(answer)}` : String(answer)} and not -EBADF.`,
    `这里 write 因 EBADF 失败，而你的函数返回了 ${String(answer)}，不是 -EBADF。`,
  );
const gaveUp = (answer: unknown): Words =>
  words(
    `Your function returned ${valueText(answer)}, and not all bytes were sent, nor has a write failed: only that says that the peer is gone.`,
    `你的函数返回了 ${valueText(answer)}，而字节并没有全部发出，也没有一次 write 失败：只有 write 失败才说明对端已经离开。`,
  );
const keptLater = (failure: number, answer: unknown): Words =>
  words(
    `The last write failed with -${errnoName(failure)}, after others had taken a part. Your function returned ${valueText(answer)} and not -${errnoName(failure)}.`,
    `最后一次 write 以 -${errnoName(failure)} 失败，而此前已经写出了一部分。你的函数返回了 ${valueText(answer)}，不是 -${errnoName(failure)}。`,
  );
const hopeless = words(
  'Your function tries again and again, although the write fails for another reason than a full buffer. Only EAGAIN goes away by waiting.',
  '写入失败的原因不是缓冲区已满，你的函数却不断重试。只有 EAGAIN 可以靠等待解决。',
);

const done = words(
  'All bytes arrive, the thread sleeps while there is no room, and the interest is as it was before.',
  '所有字节都送达；没有空间时线程睡眠；登记恢复如初。',
);

/** Lab 5: level-triggered, and what EPOLLOUT is good for. */
export const task: Task = {
  number: 5,
  title: words('A message that is longer than the buffer', '比缓冲区还长的消息'),
  signature: 'export default function* (sys, ep, fd, bytes)',
  grade: (solution: Solution): Grade =>
    judge(
      solution,
      [
        sending(words('A short message', '短消息'), 100, ''),
        refused,
        sending(words('A long message', '长消息'), 6000, ''),
        sending(
          words(
            'A long message, while something unread lies in the socket',
            '长消息，同时套接字里有未读数据',
          ),
          6000,
          'hi',
        ),
        broken,
      ],
      done,
    ),
};
