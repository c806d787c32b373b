/** Interest in a descriptor that is made to be so, whatever it was before. */
import {
  type Code,
  EBADF,
  EINVAL,
  EPERM,
  EPOLL_CTL_DEL,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  epollFlags,
  errnoName,
  type Sys,
} from 'epollsim';
import { valueText } from '../grade.ts';
import { judge, type Situation, type Stage } from '../judge.ts';
import type { Grade, Solution, Task, Words } from '../task.ts';

const again: Situation = {
  name: { en: 'One descriptor, one call after the other', zh: '同一个描述符，逐次调用' },
  *play(stage) {
    const { sys } = stage;
    const ep = yield* sys.epoll_create1(0);
    const fd = yield* sys.eventfd2(0, 0);
    const once = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
    const edges = EPOLLOUT | EPOLLET;
    for (const events of [
      EPOLLIN,
      EPOLLIN,
      EPOLLOUT,
      EPOLLIN | EPOLLOUT,
      once,
      edges,
      0,
      0,
      EPOLLIN,
    ]) {
      yield* watchAndLook(stage, ep, fd, events);
    }
  },
  round: () => hopeless,
};

const reused: Situation = {
  name: {
    en: 'The descriptor is closed, and its number is given to another file',
    zh: '描述符被关闭，它的号码又分给了另一个文件',
  },
  *play(stage) {
    const { sys } = stage;
    const ep = yield* sys.epoll_create1(0);
    const fd = yield* sys.eventfd2(0, 0);
    yield* watchAndLook(stage, ep, fd, EPOLLIN);
    yield* sys.close(fd);
    const next = yield* sys.eventfd2(0, 0);
    yield* watchAndLook(stage, ep, next, EPOLLOUT);
    const copy = yield* sys.dup(next);
    yield* watchAndLook(stage, ep, copy, EPOLLIN);
    stage.expect(maskOf(stage, ep, next) === EPOLLOUT, otherKey);
  },
  round: () => hopeless,
};

const refused: Situation = {
  name: { en: 'What cannot be watched', zh: '无法监视的描述符' },
  *play(stage) {
    const { sys } = stage;
    const ep = yield* sys.epoll_create1(0);
    const file = yield* sys.open('/dev/null', 0);
    for (const [fd, events, errno] of [
      [99, EPOLLIN, EBADF],
      [99, 0, EBADF],
      [file, EPOLLIN, EPERM],
      [ep, EPOLLIN, EINVAL],
    ] as const) {
      const ret = yield* stage.solve(sys, ep, fd, events);
      stage.expect(ret === -errno, kept(events, errno, ret));
    }
  },
  round: () => hopeless,
};

/** Two threads, each with a mask of its own; what may come of it. */
function together(
  name: Words,
  before: readonly number[],
  masks: readonly [number, number],
): Situation {
  return {
    name,
    *play(stage) {
      const { sys } = stage;
      const ep = yield* sys.epoll_create1(0);
      const fd = yield* sys.eventfd2(0, 0);
      for (const events of before) yield* watchAndLook(stage, ep, fd, events);
      const rets: unknown[] = [];
      const other = yield* sys.pthread_create(function* (own) {
        rets.push(yield* stage.solve(own, ep, fd, masks[0]));
      });
      rets.push(yield* stage.solve(sys, ep, fd, masks[1]));
      yield* sys.pthread_join(other);
      const wrong = rets.find((ret) => ret !== 0);
      stage.expect(wrong === undefined, overtaken(wrong));
      const mask = maskOf(stage, ep, fd) ?? 0;
      stage.expect(masks.includes(mask), neither(mask));
    },
    round: () => hopeless,
  };
}

const twoMasks = together(
  { en: 'Two threads ask for the same descriptor at once', zh: '两个线程同时登记同一个描述符' },
  [],
  [EPOLLIN, EPOLLOUT],
);
const onAndOff = together(
  {
    en: 'One thread asks for it while another one takes it off',
    zh: '一个线程登记，另一个线程同时取消登记',
  },
  [EPOLLOUT],
  [0, EPOLLIN],
);

function* watchAndLook(stage: Stage, ep: number, fd: number, events: number): Code<void> {
  const { sys } = stage;
  const calls = stage.calls.length;
  const ret: unknown = yield* stage.solve(sys as Sys, ep, fd, events);
  const made = stage.calls.slice(calls);
  if (typeof ret === 'number' && ret < 0) stage.fail(failed(events, ret));
  stage.expect(made.length > 0 || ret === 0, noCall);
  stage.expect(ret === 0, noResult(ret));
  const mask = maskOf(stage, ep, fd);
  stage.expect(events !== 0 || mask !== 0, empty);
  stage.expect((mask ?? 0) === events, otherMask(mask, events));
  const item = stage.epoll(ep)?.items.find((one) => one.fd === fd);
  stage.expect(item === undefined || Number(item.data) === fd, otherData);
  const deleted = made.some(({ args, call }) => call === 'epoll_ctl' && args[1] === EPOLL_CTL_DEL);
  stage.expect(events === 0 || !deleted, removed);
}

/** What is asked of it, without what is always told; null where there is no item. */
function maskOf(stage: Stage, ep: number, fd: number): number | null {
  const item = stage.epoll(ep)?.items.find((one) => one.fd === fd);
  if (item === undefined) return null;
  const asked = item.events.split('|');
  return bits.filter((bit) => asked.includes(epollFlags(bit))).reduce((sum, bit) => sum | bit, 0);
}

/** All that can be asked for, but for what is always told. */
const bits = [EPOLLIN, EPOLLPRI, EPOLLOUT, EPOLLRDHUP, EPOLLEXCLUSIVE, EPOLLONESHOT, EPOLLET];

const shown = (events: number): string => (events === 0 ? '0' : epollFlags(events));

const failed = (events: number, ret: number): Words => ({
  en: `Asked for ${shown(events)}, your function returned -${errnoName(ret)}. Look at what is in the tree at this moment: an item of this file and number, or none? Which operation fits?`,
  zh: `要求 ${shown(events)} 时，你的函数返回了 -${errnoName(ret)}。请看此刻树里有什么：有没有这个文件和号码的条目？该用哪种操作？`,
});
const noResult = (ret: unknown): Words => ({
  en: `Your function returned ${valueText(ret)}. It is to return 0, or what epoll_ctl returned where that is a real error.`,
  zh: `你的函数返回了 ${valueText(ret)}。它应当返回 0；如果确实出错，则返回 epoll_ctl 的返回值。`,
});
const noCall: Words = {
  en: 'Your function made no call at all, so the tree is as it was. Is each call entered by yield*?',
  zh: '你的函数没有进行任何调用，树没有变化。每个调用前都写了 yield* 吗？',
};
const empty: Words = {
  en: 'Asked for 0, the item is still in the tree, with an empty mask. Errors and hang-ups are told of all the same (EPOLLERR and EPOLLHUP cannot be masked). It has to leave the tree.',
  zh: '要求为 0 时，该条目仍留在树里，只是掩码为空。错误和挂断照样会上报（EPOLLERR 和 EPOLLHUP 无法屏蔽）。这个条目必须从树中移除。',
};
const otherMask = (mask: number | null, events: number): Words => ({
  en: `Asked for ${shown(events)}, the tree has ${mask === null ? 'no item' : `an item with ${shown(mask)}`}. Your function returned 0, so its caller believes that all is well.`,
  zh: `要求 ${shown(events)} 之后，树里${mask === null ? '没有这个条目' : `该条目的掩码是 ${shown(mask)}`}。你的函数却返回了 0，调用者会以为一切正常。`,
});
const otherData: Words = {
  en: 'The data of the item is not the descriptor. Whoever is told of an event could not know where it comes from.',
  zh: '该条目的 data 不是描述符，收到事件的人无法知道事件来自哪里。',
};
const otherKey: Words = {
  en: 'A copy by dup() has another number, so it has an item of its own. The item of the first number was changed as well.',
  zh: 'dup() 得到的副本号码不同，因此有自己的条目。但第一个号码的条目也被改动了。',
};
const removed: Words = {
  en: 'The item was taken out of the tree, although something is asked for. In between nobody is told of anything, and another thread may see it missing. There is an operation that replaces the mask of an item where it stands.',
  zh: '明明还要监视，该条目却先被移出了树。这段时间内没有人收到通知，别的线程也可能发现它不见了。有一种操作可以就地替换掩码。',
};
const kept = (events: number, errno: number, ret: unknown): Words => ({
  en: `Asked for ${shown(events)}, epoll_ctl fails with ${errnoName(errno)} here, and that is a real error: no operation would do. Your function returned ${valueText(ret)} and not -${errnoName(errno)}.`,
  zh: `要求 ${shown(events)} 时，epoll_ctl 因 ${errnoName(errno)} 失败，这是真正的错误，换哪种操作都不行。你的函数返回了 ${valueText(ret)}，而不是 -${errnoName(errno)}。`,
});
const overtaken = (ret: unknown): Words => ({
  en: `One of the two got ${typeof ret === 'number' ? `-${errnoName(ret)}` : String(ret)}. Between two of its calls the other thread has changed the tree. What a call has said about the tree is over when the next call is made. Follow the table to that place.`,
  zh: `其中一个线程得到了 ${typeof ret === 'number' ? `-${errnoName(ret)}` : String(ret)}。在它的两次调用之间，另一个线程改动了树。上一次调用得到的结论，到下一次调用时可能已经过时。请顺着表格找到那一步。`,
});
const neither = (mask: number): Words => ({
  en: `Both returned 0, and the mask is ${shown(mask)}, for which neither has asked.`,
  zh: `两个线程都返回 0，但最后的掩码是 ${shown(mask)}，谁也没有要求过。`,
});
const hopeless: Words = {
  en: 'Your function tries again and again, and each try fails in the same way. Not every error goes away by another operation. Look at which error it is.',
  zh: '你的函数不断重试，而每次都以同样的方式失败。并不是每种错误换个操作就能解决。请看看是哪种错误。',
};

const done: Words = {
  en: 'Whatever the tree held before, it holds what was asked for; real errors come back; and no other thread can make it fail.',
  zh: '无论树里原来是什么，最后都符合要求；真正的错误会如实返回；别的线程也无法使它失败。',
};

/** Lab 2: the tree, and the three operations on it. */
export const task: Task = {
  number: 2,
  title: { en: 'Watch a descriptor, whatever was before', zh: '无论之前如何，都登记成要求的样子' },
  signature: 'export default function* (sys, ep, fd, events)',
  grade: (solution: Solution): Grade =>
    judge(solution, [again, reused, refused, twoMasks, onAndOff], done),
};
