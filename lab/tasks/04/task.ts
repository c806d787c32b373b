/** All that are ready, each once, through an array that has room for two. */
import { type Code, EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
import { valueText } from '../grade.ts';
import { judge, onlyLooks, type Situation, type Stage } from '../judge.ts';
import type { Grade, Solution, Task, Words } from '../task.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
const room = 2;

const words = (en: string, zh: string): Words => ({ en, zh });

/** How many are watched, which of them are ready, which were and are no more, which become so meanwhile. */
interface Setting {
  readonly watched: number;
  readonly ready: readonly number[];
  readonly stale?: readonly number[];
  readonly late?: readonly number[];
}

function situation(name: Words, { watched, ready, stale = [], late = [] }: Setting): Situation {
  return {
    name,
    *play(stage) {
      const { sys } = stage;
      const ep = yield* sys.epoll_create1(0);
      const fds: number[] = [];
      for (let i = 0; i < watched; i++) {
        const fd = yield* sys.eventfd2(0, 0);
        yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
        fds.push(fd);
      }
      const at = (i: number): number => fds[i] ?? -1;
      for (const i of [...stale, ...ready]) yield* sys.write(at(i), one);
      for (const i of stale) yield* sys.read(at(i), new Uint8Array(8));
      const before = JSON.stringify(stage.epoll(ep)?.items.map((item) => [item.fd, item.events]));
      const peer = yield* sys.pthread_create(function* (own): Code<void> {
        for (const i of late) yield* own.write(at(i), one);
      });
      const answer: unknown = yield* stage.solve(sys, ep);
      yield* sys.pthread_join(peer);
      const after = JSON.stringify(stage.epoll(ep)?.items.map((item) => [item.fd, item.events]));
      stage.expect(before === after && stage.made('epoll_ctl').length === 0, changed);
      look(stage, answer, ready.map(at), late.map(at));
    },
    asleep: () => endless,
    round: () => again,
  };
}

const situations: readonly Situation[] = [
  situation(words('Nothing is ready', '没有就绪的条目'), { watched: 2, ready: [] }),
  situation(words('One of three is ready', '三个条目中有一个就绪'), { watched: 3, ready: [1] }),
  situation(words('Three of four are ready', '四个条目中有三个就绪'), {
    watched: 4,
    ready: [3, 0, 2],
  }),
  situation(words('Six of six are ready', '六个条目全部就绪'), {
    watched: 6,
    ready: [5, 0, 2, 1, 4, 3],
  }),
  situation(
    words('Of the first on the list all was read meanwhile', '链表最前面的两个条目已经被读空'),
    {
      watched: 5,
      stale: [0, 1],
      ready: [4, 2, 3],
    },
  ),
  situation(words('Another one becomes ready meanwhile', '期间又有一个条目就绪'), {
    watched: 4,
    ready: [2, 0, 1],
    late: [3],
  }),
];

/** What finds out what is ready, and what has no effect. */
const allowed: readonly string[] = [
  'epoll_wait',
  'epoll_pwait',
  'epoll_pwait2',
  'clock_gettime',
  'getpid',
  'gettid',
];

/** What is asked of the answer. */
function look(
  stage: Stage,
  answer: unknown,
  ready: readonly number[],
  late: readonly number[],
): void {
  const waits = stage.made('epoll_wait', 'epoll_pwait', 'epoll_pwait2');
  const most = Math.max(0, ...waits.map(({ args }) => Number(args[1])));
  stage.expect(most <= room, tooMuchRoom(most));
  stage.expect(stage.made('read', 'readv').length === 0, hasRead);
  stage.expect(
    stage.calls.every(({ call }) => allowed.includes(call)),
    otherCall,
  );
  stage.expect(Array.isArray(answer), noArray(answer));
  stage.expect(!waits.some((made) => made.ret === 0 && !onlyLooks(made)), slept);
  const told: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const twice = told.find((fd, i) => told.indexOf(fd) !== i);
  stage.expect(twice === undefined, doubled(twice));
  const texts = told.filter((fd) => !['number', 'bigint'].includes(typeof fd));
  stage.expect(texts.length === 0, noData(texts[0]));
  const missing = ready.filter((fd) => !told.some((one) => Number(one) === fd));
  stage.expect(missing.length === 0, missed(missing, told.length));
  const invented = told.filter((fd) => ![...ready, ...late].includes(Number(fd)));
  stage.expect(invented.length === 0, notReady(invented));
  stage.expect(waits.length > 0, noWait);
  stage.expect(
    waits.length <= Math.ceil((ready.length + late.length) / room) + 2,
    tooMany(waits.length, ready.length),
  );
}

const endless = words(
  'Your program sleeps in epoll_wait for ever. Nothing is ready, and you were asked what is ready now. Look at the timeout.',
  '你的程序永远睡在 epoll_wait 里。此刻没有就绪的条目，而题目问的正是此刻哪些就绪。请看 timeout。',
);
const again = words(
  'Your program asks again and again, and gets the same ones each time. Level-triggered items go back onto the list when they were told of, so it never becomes empty. By what else can you see that you have had all?',
  '你的程序不停地查询，每次得到的都是那几个条目。水平触发的条目上报后会放回链表，所以链表永远不会变空。还能凭什么判断已经全部得到？',
);
const otherCall = words(
  'You use another call than epoll_wait. What is ready can be found out by it alone, and nothing is to be changed.',
  '你用了 epoll_wait 以外的调用。只用它就能知道哪些就绪，而且什么都不应改变。',
);
const tooMuchRoom = (most: number): Words =>
  words(
    `You passed ${most} as maxevents. The array has room for ${room}, and the kernel would write beyond it.`,
    `你传入的 maxevents 是 ${most}，而数组只能放 ${room} 个，内核会写到数组之外。`,
  );
const hasRead = words(
  'You have read from a file. What is ready is only to be told of; whoever is to handle it finds nothing now.',
  '你读走了文件里的数据。这里只要求报告哪些就绪；真正的处理者现在什么也读不到了。',
);
const changed = words(
  'You have changed the tree. Others rely on what is watched. The order of the ready list is enough to solve this.',
  '你改动了树，而别人还依赖这些登记。只靠就绪链表的顺序就能解决本题。',
);
const noArray = (answer: unknown): Words =>
  words(
    `Your program returned ${valueText(answer)}. It is to return an array with the data of each that is ready.`,
    `你的程序返回了 ${valueText(answer)}。它应当返回一个数组，包含每个就绪条目的 data。`,
  );
const noData = (one: unknown): Words =>
  words(
    `${valueText(one)} is in your array. The data of an item is a number here: that of the event, and nothing around it.`,
    `你的数组里有 ${valueText(one)}。这里条目的 data 是一个数：应当直接取事件的 data。`,
  );
const slept = words(
  'You waited for a timeout to be over. What is ready now is known at once.',
  '你等到了超时。此刻哪些就绪，马上就能知道。',
);
const doubled = (fd: unknown): Words =>
  words(
    `${String(fd)} is in your answer twice. A level-triggered item that was told of goes to the end of the list, and comes again when the others have had their turn.`,
    `${String(fd)} 在结果里出现了两次。水平触发的条目上报后会排到链表末尾，等其他条目轮过之后又会出现。`,
  );
const missed = (fds: readonly number[], count: number): Words =>
  words(
    `You tell of ${count}, and ${fds.join(', ')} is missing, which was ready all the time. Look at the list when your last call returned: what stood at its front?`,
    `你报告了 ${count} 个，缺少 ${fds.join('、')}，而它一直是就绪的。请看最后一次调用返回时的链表：排在最前面的是哪个条目？`,
  );
const notReady = (fds: readonly unknown[]): Words =>
  words(
    `You tell of ${fds.join(', ')}, of which there is nothing to read. Whoever reads from it sleeps for ever.`,
    `你报告了 ${fds.join('、')}，可是它没有数据可读。谁去读它，谁就会永远睡眠。`,
  );
const noWait = words('Your program never asked epoll_wait.', '你的程序从未调用 epoll_wait。');
const tooMany = (waits: number, ready: number): Words =>
  words(
    `You call epoll_wait ${waits} times for ${ready} that are ready. With ten thousand connections that counts. When do you know that you have had all?`,
    `就绪的只有 ${ready} 个，你却调用了 ${waits} 次 epoll_wait。连接上万时，这个代价很可观。什么时候就能知道已经全部得到？`,
  );

const done = words(
  'All that were ready are told of, once each, however many they are; and the list was left as it was.',
  '无论有多少条目就绪，都恰好报告一次；登记的内容保持不变。',
);

/** Lab 4: the ready list, and its order. */
export const task: Task = {
  number: 4,
  title: words('All that are ready, two at a time', '每次两个，取遍所有就绪的条目'),
  signature: 'export default function* (sys, ep)',
  grade: (solution: Solution): Grade => judge(solution, situations, done),
};
