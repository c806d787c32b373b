import { describe, expect, test } from 'vitest';
import { busy_loop_current_time } from '../../../src/kernel/busy_poll.ts';
import { current } from '../../../src/kernel/current.ts';
import {
  busy_loop_ep_timeout,
  ep_busy_loop_end,
  ep_busy_loop_on,
  type epoll_params,
} from '../../../src/kernel/eventpoll/busy_poll.ts';
import { EFAULT, EINVAL, ENOTTY, EPERM } from '../../../src/kernel/uapi/errno.ts';
import { EPIOCGPARAMS, EPIOCSPARAMS, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { FIONREAD } from '../../../src/kernel/uapi/ioctls.ts';
import { CAP_NET_ADMIN } from '../../../src/kernel/user.ts';
import { sys_ioctl } from '../../../src/syscalls/fd.ts';
import { dropCapability } from '../../support/capabilities.ts';
import { epOf, eventfds } from '../../support/epoll.ts';
import { watch, writeCount } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';

const params = (
  busy_poll_usecs: number,
  busy_poll_budget: number,
  prefer_busy_poll: number,
  __pad = 0,
): epoll_params => ({ busy_poll_usecs, busy_poll_budget, prefer_busy_poll, __pad });

describe('the parameters', () => {
  /** ioctl_eventpoll(2): off until somebody sets them. */
  test('a new instance has none', () => {
    const seen = inMachine(function* (sys) {
      const out = params(9, 9, 9, 9);
      const ret = yield* sys.ioctl(yield* sys.epoll_create1(0), EPIOCGPARAMS, out);
      return [ret, out];
    });

    expect(seen).toEqual([0, params(0, 0, 0)]);
  });

  /** Verified on 6.18. */
  test('EPIOCGPARAMS gives back what EPIOCSPARAMS has set', () => {
    const seen = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const out = params(0, 0, 0);
      const rets = [
        yield* sys.ioctl(epfd, EPIOCSPARAMS, params(200, 64, 1)),
        yield* sys.ioctl(epfd, EPIOCGPARAMS, out),
      ];
      return [rets, out];
    });

    expect(seen).toEqual([[0, 0], params(200, 64, 1)]);
  });

  /** ioctl_eventpoll(2), and verified on 6.18. */
  test.each([
    ['the pad byte set', params(0, 0, 0, 1), -EINVAL],
    ['usecs beyond INT_MAX', params(0x80000000, 0, 0), -EINVAL],
    ['usecs of -1, which is UINT_MAX', params(-1, 0, 0), -EINVAL],
    ['usecs of INT_MAX', params(0x7fffffff, 0, 0), 0],
    ['prefer_busy_poll of 2', params(0, 0, 2), -EINVAL],
    ['a budget of 65, privileged', params(0, 65, 0), 0],
    ['everything wrong', params(0x80000000, 65, 2, 1), -EINVAL],
  ])('EPIOCSPARAMS with %s', (_what, arg, expected) => {
    const ret = inMachine(function* (sys) {
      return yield* sys.ioctl(yield* sys.epoll_create1(0), EPIOCSPARAMS, arg);
    });

    expect(ret).toBe(expected);
  });

  /** Setting half of the parameters would be worse than none. */
  test('a refused EPIOCSPARAMS changes nothing', () => {
    const out = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      yield* sys.ioctl(epfd, EPIOCSPARAMS, params(200, 64, 1));
      yield* sys.ioctl(epfd, EPIOCSPARAMS, params(300, 8, 2));
      const seen = params(0, 0, 0);
      yield* sys.ioctl(epfd, EPIOCGPARAMS, seen);
      return seen;
    });

    expect(out).toEqual(params(200, 64, 1));
  });

  /** ioctl_eventpoll(2): a larger budget keeps the CPU from others. */
  test('a budget above 64 without CAP_NET_ADMIN is -EPERM, 64 is not', () => {
    const rets = inMachine(function* (sys) {
      dropCapability(current.user, CAP_NET_ADMIN);
      const epfd = yield* sys.epoll_create1(0);
      return [
        yield* sys.ioctl(epfd, EPIOCSPARAMS, params(0, 65, 0)),
        yield* sys.ioctl(epfd, EPIOCSPARAMS, params(0, 64, 0)),
      ];
    });

    expect(rets).toEqual([-EPERM, 0]);
  });

  /** A bad pointer, both ways. */
  test.each([EPIOCSPARAMS, EPIOCGPARAMS])('request %i with a NULL pointer is -EFAULT', (cmd) => {
    const ret = inMachine(function* (sys) {
      return yield* sys_ioctl(yield* sys.epoll_create1(0), cmd, null);
    });

    expect(ret).toBe(-EFAULT);
  });
});

describe('other requests', () => {
  /** Verified on 6.18: an epoll answers EINVAL, an eventfd ENOTTY, to what it does not know. */
  test.each([
    ['an unknown request on an epoll', 3, 0x1234, -EINVAL],
    ['FIONREAD on an epoll', 3, FIONREAD, -EINVAL],
    ['EPIOCSPARAMS on an eventfd', 4, EPIOCSPARAMS, -ENOTTY],
    ['an unknown request on an eventfd', 4, 0x1234, -ENOTTY],
  ])('%s', (_what, fd, cmd, expected) => {
    const ret = inMachine(function* (sys) {
      yield* sys.epoll_create1(0);
      yield* sys.eventfd2(0, 0);
      return yield* sys.ioctl(fd, cmd, params(0, 0, 0));
    });

    expect(ret).toBe(expected);
  });

  /** 18e2bf0edf4d: up to 6.8 an epoll knew no request at all. */
  test.each([
    ['6.8', -ENOTTY],
    ['6.9', 0],
  ])('on %s EPIOCSPARAMS of an epoll is %i', (kernel, expected) => {
    const ret = inMachine(
      function* (sys) {
        return yield* sys.ioctl(yield* sys.epoll_create1(0), EPIOCSPARAMS, params(1, 1, 1));
      },
      { kernel },
    );

    expect(ret).toBe(expected);
  });
});

describe('the loop', () => {
  /** An eventfd has no device, and loopback has no NAPI instance, in Linux either: a program with the parameters set just works. */
  test('an instance with busy polling switched on reports its events as ever', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* sys.ioctl(epfd, EPIOCSPARAMS, params(200, 64, 1));
      const idle = (yield* sys.epoll_wait(epfd, 1, 1)).ret;
      yield* writeCount(sys, efd, 1n);
      return [idle, (yield* sys.epoll_wait(epfd, 1, -1)).ret, epOf(epfd).napi_id];
    });

    expect(seen).toEqual([0, 1, 0]);
  });

  /** Either parameter switches it on. */
  test('ep_busy_loop_on is true with a time or with the preference', () => {
    const seen = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const answers: boolean[] = [];
      for (const arg of [params(0, 8, 0), params(1, 0, 0), params(0, 0, 1)]) {
        yield* sys.ioctl(epfd, EPIOCSPARAMS, arg);
        answers.push(ep_busy_loop_on(epOf(epfd)));
      }
      return answers;
    });

    expect(seen).toEqual([false, true, true]);
  });

  /** A busy loop ends with an event, or when its time is over. */
  test('ep_busy_loop_end is true with an event at hand, or after busy_poll_usecs', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* sys.ioctl(epfd, EPIOCSPARAMS, params(200, 0, 0));
      const ep = epOf(epfd);
      const now = busy_loop_current_time();
      const answers = [
        busy_loop_ep_timeout(now - 200, ep),
        busy_loop_ep_timeout(now - 201, ep),
        ep_busy_loop_end(ep, now),
      ];
      yield* writeCount(sys, efd, 1n);
      return [...answers, ep_busy_loop_end(ep, now)];
    });

    expect(seen).toEqual([false, true, false, true]);
  });

  /** prefer_busy_poll alone: the device is asked once, and nobody spins. */
  test('ep_busy_loop_end is true at once without busy_poll_usecs', () => {
    const ends = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      yield* sys.ioctl(epfd, EPIOCSPARAMS, params(0, 0, 1));
      return ep_busy_loop_end(epOf(epfd), busy_loop_current_time());
    });

    expect(ends).toBe(true);
  });
});
