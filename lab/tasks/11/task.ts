/** Lab 11: two instances in a third one, and what is urgent first. */
import { type Code, EAGAIN, EPOLL_CTL_ADD, EPOLL_CTL_DEL, O_NONBLOCK, type Sys } from 'epollsim';
import {
  judge,
  must,
  reads,
  runWatched,
  type Said,
  type Situation,
  type Watch,
  waits,
  waitsForEver,
} from '../judge_watched.ts';
import type { Solution, Task, Words } from '../task.ts';

/** The pipes that each of the two inner instances is to watch. */
type Sets = readonly (readonly number[])[];

const isSame = (files: ReadonlySet<number> | undefined, set: readonly number[]): boolean =>
  files?.size === set.length && set.every((fd) => files.has(fd));

/** What is wrong with what the instance in which somebody sleeps watches; null if nothing is. */
function wrongSleep(
  files: readonly number[],
  watched: ReadonlyMap<number, ReadonlySet<number>>,
  sets: Sets,
): string | null {
  if (files.length === 0) return 'nothing-watched';
  if (!files.every((one) => watched.has(one))) return 'flat';
  const isAsked = sets.every((set) => files.some((one) => isSame(watched.get(one), set)));
  return isAsked && files.length === sets.length ? null : 'mixed';
}

/** Who sleeps does so in an instance of the two; nobody reads from one. Each byte read counts in `got`. */
function watch(sets: Sets, got: { bytes: number }): Watch {
  const watched = new Map<number, Set<number>>();
  const dry = new Map<number, number>();
  let empty = 0;
  return {
    may: [...waits, ...reads, 'epoll_create1', 'epoll_ctl'],
    before(call) {
      const fd = Number(call.args[0]);
      if (reads.includes(call.name)) {
        if (watched.has(fd)) return 'reads-instance';
        return (dry.get(fd) ?? 0) > 3 ? 'spins' : null;
      }
      if (!waits.includes(call.name)) return null;
      if (!waitsForEver(call)) return empty > 3 ? 'polls' : null;
      return wrongSleep([...(watched.get(fd) ?? [])], watched, sets);
    },
    after({ name, args }, ret) {
      const [ep = -1, op, fd = -1] = args.map(Number);
      if (name === 'epoll_create1' && ret >= 0) watched.set(ret, new Set());
      if (name === 'epoll_ctl' && op === EPOLL_CTL_ADD && ret === 0) watched.get(ep)?.add(fd);
      if (name === 'epoll_ctl' && op === EPOLL_CTL_DEL && ret === 0) watched.get(ep)?.delete(fd);
      if (reads.includes(name)) {
        got.bytes += Math.max(0, ret);
        if (ret === -EAGAIN) dry.set(ep, (dry.get(ep) ?? 0) + 1);
        else dry.clear();
      }
      if (!waits.includes(name)) return;
      if (ret > 0) dry.clear();
      empty = ret === 0 ? empty + 1 : 0;
    },
  };
}

/** One byte, to the urgent pipe or the other one of this number. */
interface Message {
  readonly urgent: boolean;
  readonly pipe: number;
}

const message = (urgent: boolean, pipe: number): Message => ({ urgent, pipe });

/**
 * Messages that are there at the beginning, one that comes while the first that is not urgent is worked
 * on, and those that another thread sends.
 */
const session = (
  when: Words,
  early: readonly Message[],
  meanwhile: Message | null,
  late: readonly Message[],
): Situation => ({
  when,
  options: { sharedMemory: false, preemptions: 2 },
  program: (solution: Solution) =>
    function* (sys) {
      const open = [yield* sys.pipe2(O_NONBLOCK), yield* sys.pipe2(O_NONBLOCK)];
      const more = [yield* sys.pipe2(O_NONBLOCK), yield* sys.pipe2(O_NONBLOCK)];
      let [urgent, left] = [0, early.length + late.length + (meanwhile === null ? 0 : 1)];
      let next = meanwhile;
      const got = { bytes: 0 };
      let worked = 0;
      const send = function* (self: Sys, { urgent, pipe }: Message): Code<void> {
        const fd = (urgent ? open : more)[pipe]?.[1] ?? -1;
        yield* self.write(fd, urgent ? '!' : '.');
      };
      for (const one of early) {
        if (one.urgent) urgent++;
        yield* send(sys, one);
      }
      const work = function* (_: Sys, bytes: Uint8Array): Code<boolean> {
        must(bytes instanceof Uint8Array && bytes.length === 1, 'not-one');
        must(++worked <= got.bytes && (bytes[0] === 33 || bytes[0] === 46), 'not-read');
        if (bytes[0] === 33) urgent--;
        else {
          must(urgent <= 0, 'urgent-waits');
          if (next !== null) {
            yield* send(sys, next);
            if (next.urgent) urgent++;
            next = null;
          }
        }
        return --left === 0;
      };
      const client = yield* sys.pthread_create(function* (self) {
        for (const one of late) yield* send(self, one);
      }, 'client');
      const readers = (pipes: readonly (readonly [number, number])[]) => pipes.map(([fd]) => fd);
      const sets = [readers(open), readers(more)];
      yield* runWatched(solution, sys, watch(sets, got), readers(open), readers(more), work);
      must(left === 0, 'left');
      yield* sys.pthread_join(client);
    },
});

const situations: readonly Situation[] = [
  session(
    {
      en: 'When all messages are there, the urgent ones last',
      zh: '全部消息都已到达、紧急的排在最后时',
    },
    [message(false, 0), message(false, 1), message(true, 0), message(true, 1)],
    null,
    [],
  ),
  session(
    {
      en: 'When an urgent message comes while another one is worked on',
      zh: '处理普通消息期间来了紧急消息时',
    },
    [message(false, 0), message(false, 1)],
    message(true, 1),
    [],
  ),
  session(
    { en: 'When two messages of a kind lie in one pipe', zh: '同一个管道里有两条同类消息时' },
    [message(false, 1), message(false, 1), message(true, 0), message(true, 0)],
    null,
    [],
  ),
  session(
    { en: 'When a client sends one message of each kind', zh: '客户端各发一条紧急和普通消息时' },
    [],
    null,
    [message(false, 0), message(true, 0)],
  ),
];

const said: Said = {
  flat: {
    en: 'it sleeps in an instance that watches pipes. Sleep in one that watches the two others.',
    zh: '它在直接监视管道的实例中睡眠。应当在监视另外两个实例的那个实例中睡眠。',
  },
  mixed: {
    en: 'the instance in which it sleeps does not watch the two that are asked for: one with the two urgent pipes and no others, and one with the two others.',
    zh: '它睡眠所在的实例监视的不是题目要求的那两个：一个只包含两个紧急管道，另一个包含其余两个管道。',
  },
  'not-read': {
    en: 'work() is given a byte that was not read from a pipe. Read it first: what read() has put into the buffer is the message.',
    zh: '交给 work() 的字节不是从管道读来的。应当先读：read() 放进缓冲区的内容才是消息。',
  },
  'nothing-watched': {
    en: 'it sleeps in an instance that watches nothing. Has epoll_ctl() failed? ELOOP and EINVAL say that an instance was put into the wrong one.',
    zh: '它在什么都不监视的实例中睡眠。epoll_ctl() 失败了吗？ELOOP 和 EINVAL 表示实例的嵌套方向不对。',
  },
  'reads-instance': {
    en: 'it reads from an epoll instance, which is no file with data: EINVAL. Ask the inner instance by epoll_wait() what is ready.',
    zh: '它从 epoll 实例读取数据，而实例里没有数据：EINVAL。应当用 epoll_wait() 询问内层实例哪个文件就绪。',
  },
  'urgent-waits': {
    en: 'a message was worked on that is not urgent, while an urgent one was there. Before each single message: look at what is urgent first.',
    zh: '有紧急消息在等待，却先处理了普通消息。处理每一条消息之前，都要先看有没有紧急的。',
  },
  'not-one': {
    en: 'work() is given one byte at a time: one message. What read() returns is how many there are.',
    zh: 'work() 每次只接受一个字节，即一条消息。read() 的返回值是读到的字节数。',
  },
  left: {
    en: 'it returns although messages are left. It is to return when work() has returned true.',
    zh: '还有消息没有处理就返回了。work() 返回 true 时才应返回。',
  },
  'stranded-data': {
    en: 'an inner instance has events, and nobody is told. An edge of the outer instance says that something is in the inner one, not how many events.',
    zh: '内层实例里有事件，却没有人得知。外层实例的一个边缘只说明内层有东西，不说明有几个事件。',
  },
  polls: {
    en: 'it asks again and again with a timeout of 0. Look into the inner instances once, then sleep in the outer one.',
    zh: '它以 0 超时反复询问。应当把内层实例各看一次，然后在外层实例中睡眠。',
  },
};

export const task: Task = {
  number: 11,
  title: { en: 'What is urgent first', zh: '紧急的优先' },
  signature: 'export default function* (sys, urgent, bulk, work)',
  grade: (solution) =>
    judge(solution, situations, said, {
      en: 'The thread slept in the instance of instances, nothing was lost, and no urgent message had to wait.',
      zh: '线程在外层实例中睡眠，没有丢失消息，也没有让紧急消息等待。',
    }),
};
