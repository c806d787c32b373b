/** Lab 10: workers that accept from one listener, and of which one is woken for a connection. */
import {
  AF_INET,
  type Code,
  decodeText,
  EAGAIN,
  EPOLL_CTL_ADD,
  INADDR_LOOPBACK,
  Machine,
  type Program,
  Recorder,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { refusal } from '../grade.ts';
import {
  judge,
  keyOf,
  must,
  runWatched,
  type Said,
  type Situation,
  tells,
  type Watch,
  waits,
  waitsForEver,
} from '../judge_watched.ts';
import type { Grade, Solution, Task, Words } from '../task.ts';

/** A worker waits only for what it has registered, and does not ask the listener again and again. */
function watch(listener: number): Watch {
  let [added, dry] = [0, 0];
  return {
    may: [...waits, 'epoll_create1', 'epoll_ctl', 'accept4', 'write', 'send', 'close'],
    before(call) {
      if (Number(call.args[0]) < 0) return 'negative';
      if (call.name === 'close' && call.args[0] === listener) return 'closes-listener';
      if (call.name === 'accept4') return dry > 3 ? 'spins-accept' : null;
      if (!waits.includes(call.name)) return null;
      if (added === 0) return 'not-added';
      return waitsForEver(call) ? null : 'polls';
    },
    after({ name, args }, ret, result) {
      if (waits.includes(name) && tells(result)) dry = 0;
      if (name === 'epoll_ctl' && args[1] === EPOLL_CTL_ADD && ret === 0) added++;
      if (name === 'accept4') dry = ret === -EAGAIN ? dry + 1 : 0;
    },
  };
}

const addr = { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 };
const ms = { tv_sec: 0, tv_nsec: 1_000_000 };

/** The listener, and workers that sleep by the time this returns if time passes as on a quick machine. */
function* serve(sys: Sys, solution: Solution, names: readonly string[]): Code<void> {
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.bind(listener, addr);
  yield* sys.listen(listener, 8);
  for (const name of names) {
    yield* sys.pthread_create(function* (self) {
      yield* runWatched(solution, self, watch(listener), listener);
      must(false, 'worker-ends');
    }, name);
  }
}

function* connect(sys: Sys): Code<number> {
  const client = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.connect(client, addr);
  return client;
}

/** The answer, which is "hi", and the end. */
function* expectAnswer(sys: Sys, client: number): Code<void> {
  const buf = new Uint8Array(8);
  let answer = '';
  for (let n = 1; n > 0; ) {
    n = yield* sys.read(client, buf);
    answer += decodeText(buf.subarray(0, Math.max(0, n)));
    must(n >= 0 && 'hi'.startsWith(answer), 'no-hi');
  }
  must(answer === 'hi', 'no-hi');
  yield* sys.close(client);
}

const workers = ['a', 'b', 'c'];
const connections = 4;

/** Connections come one after the other, while all workers sleep. */
const oneByOne = (solution: Solution, count: (on: boolean) => void): Program =>
  function* (sys) {
    yield* serve(sys, solution, workers);
    for (let i = 0; i < connections; i++) {
      yield* sys.nanosleep(ms);
      count(true);
      const client = yield* connect(sys);
      yield* expectAnswer(sys, client);
    }
    yield* sys.nanosleep(ms);
    count(false); // The end of the process wakes them, too.
  };

/** So many connections come together; so many workers. */
const together = (names: readonly string[], count: number, when: Words): Situation => ({
  when,
  options: { preemptions: 1, sharedMemory: false },
  program: (solution) =>
    function* (sys) {
      yield* serve(sys, solution, names);
      const clients: number[] = [];
      for (let i = 0; i < count; i++) clients.push(yield* connect(sys));
      for (const client of clients) yield* expectAnswer(sys, client);
    },
});

const situations: readonly Situation[] = [
  together(['a'], 2, {
    en: 'When two connections come and one worker is free',
    zh: '来了两个连接而只有一个工作线程空闲时',
  }),
  together(['a', 'b'], 1, {
    en: 'When a connection comes and two workers are free',
    zh: '来了一个连接而有两个工作线程空闲时',
  }),
];

/** How often a worker was woken; a key for what went wrong. */
function wakeupsOf(solution: Solution): { wakeups: number; key: string | null } {
  let [wakeups, counts] = [0, false];
  const tracer = new Recorder(
    (event) => {
      if (counts && event.kind === 'wakeup' && workers.includes(event.woken.comm)) wakeups++;
    },
    { functions: false },
  );
  const machine = new Machine({ tracer, maxSteps: 20_000 });
  const main = machine.spawn(
    oneByOne(solution, (on) => {
      counts = on;
    }),
  );
  try {
    machine.run();
  } catch (error) {
    return { wakeups, key: keyOf(error) ?? 'goes-wrong' };
  }
  return { wakeups, key: main.result?.how === 'returned' ? null : 'not-served' };
}

const said: Said = {
  herd: {
    en: 'more workers are woken than there are connections: each of them has an instance of its own, and the listener wakes them all. Which flag of EPOLL_CTL_ADD asks for one?',
    zh: '被唤醒的工作线程比连接多：每个线程有自己的实例，监听套接字把它们全部唤醒。EPOLL_CTL_ADD 的哪个标志只要求唤醒一个？',
  },
  'not-added': {
    en: 'it waits, and has registered nothing: epoll_ctl() has failed, or was not called. Look at what it returns, and which flags may stand together.',
    zh: '它在等待，却没有登记任何东西：epoll_ctl() 失败了，或者没有调用。请看它的返回值，以及哪些标志可以同时使用。',
  },
  'stranded-data': {
    en: 'a connection waits, and all workers sleep. An edge says that something has come, not how many.',
    zh: '有连接在等待，所有工作线程却都在睡眠。边缘只说明有东西到来，不说明有几个。',
  },
  'oneshot-never-rearmed': {
    en: 'a connection waits, and the item that should tell of it is disarmed.',
    zh: '有连接在等待，而应当上报它的条目已被停用。',
  },
  deadlock: {
    en: 'a client waits for its answer for ever: nobody has accepted its connection, or nobody has answered and closed.',
    zh: '有客户端永远等不到应答：没有人接受它的连接，或者没有人应答并关闭。',
  },
  'not-served': {
    en: 'a client waits for its answer for ever: nobody has accepted its connection, or nobody has answered and closed.',
    zh: '有客户端永远等不到应答：没有人接受它的连接，或者没有人应答并关闭。',
  },
  'no-hi': {
    en: 'the client has not got "hi", two bytes and no more. Look at what was written, and to which descriptor: accept4() may return -EAGAIN, which is none.',
    zh: '客户端收到的不是 "hi" 这两个字节。请看写了什么、写到哪个描述符：accept4() 可能返回 -EAGAIN，那不是描述符。',
  },
  negative: {
    en: 'an error is taken for a descriptor. Two workers may be told of one connection, and then accept4() returns -EAGAIN to the second.',
    zh: '把错误码当成了描述符。两个工作线程可能得知同一个连接，这时 accept4() 会给第二个线程返回 -EAGAIN。',
  },
  'closes-listener': {
    en: 'a worker closes the listener. All threads have the same table of descriptors, so it is closed for all of them.',
    zh: '有工作线程关闭了监听套接字。所有线程共用一张描述符表，因此对所有线程来说它都关闭了。',
  },
  'worker-ends': {
    en: 'a worker returns. It is to serve connections for ever.',
    zh: '有工作线程返回了。它应当一直为连接服务。',
  },
  'spins-accept': {
    en: 'it calls accept4() again and again although that says EAGAIN. That is a busy loop: sleep in epoll_wait() until there is a connection.',
    zh: 'accept4() 已返回 EAGAIN，它却反复调用，这是忙等。应当在 epoll_wait() 中睡眠，直到有连接。',
  },
};

const alone = { en: 'When connections come one by one', zh: '连接一个接一个到来时' };

function grade(solution: Solution): Grade {
  const verdict = judge(solution, situations, said, {
    en: 'Each connection has woken one worker, and all were served, on every schedule with at most one preemption.',
    zh: '每个连接只唤醒了一个工作线程，并且在抢占不超过一次的所有调度序列上，全部连接都得到了服务。',
  });
  if (!verdict.passed) return verdict;
  const { wakeups, key } = wakeupsOf(solution);
  const wrong = key ?? (wakeups > connections ? 'herd' : null);
  const words = wrong === null ? undefined : (said[wrong] ?? said['not-served']);
  if (words === undefined) return verdict;
  const counted = {
    en: ` (${wakeups} for ${connections})`,
    zh: `（${connections} 个连接唤醒了 ${wakeups} 次）`,
  };
  const more = wrong === 'herd' ? counted : { en: '', zh: '' };
  return refusal({
    en: `${alone.en}: ${words.en}${more.en}`,
    zh: `${alone.zh}：${words.zh}${more.zh}`,
  });
}

export const task: Task = {
  number: 10,
  title: { en: 'One connection, one worker', zh: '一个连接，一个工作线程' },
  signature: 'export default function* (sys, listener)',
  grade,
};
