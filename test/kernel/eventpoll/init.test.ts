import { expect, test } from 'vitest';
import { epoll_sysctls_init, eventpoll_init } from '../../../src/kernel/eventpoll/init.ts';
import { EventpollStatics } from '../../../src/kernel/eventpoll/types.ts';
import type { ctl_table } from '../../../src/kernel/sysctl.ts';
import { Machine } from '../../../src/sim/machine.ts';

/** epoll(7): 4 % of the low memory; a machine with 24 GB shows 5491533. */
test.each([
  [6_167_250, 5_491_533],
  [1 << 20, 933_687],
])('with %i pages a user may have %i watches', (totalram, watches) => {
  const at = new EventpollStatics();

  eventpoll_init(at, totalram);

  expect(at.max_user_watches).toBe(watches);
});

/** /proc/sys/fs/epoll/max_user_watches is the only knob. */
test('the knob shows the limit and sets it', () => {
  const at = new EventpollStatics();
  const sysctls = new Map<string, ctl_table>();
  eventpoll_init(at, 1 << 20);
  epoll_sysctls_init(at, sysctls);

  expect([...sysctls.keys()]).toEqual(['fs/epoll/max_user_watches']);
  sysctls.get('fs/epoll/max_user_watches')?.set(7);
  expect(at.max_user_watches).toBe(7);
  expect(sysctls.get('fs/epoll/max_user_watches')?.get()).toBe(7);
});

/** A machine that is built with nonsense must say so before anything runs. */
test.each([-1, 0.5, Number.POSITIVE_INFINITY])(
  'a machine with %d watches is refused',
  (watches) => {
    expect(() => new Machine({ maxUserWatches: watches })).toThrow(
      `/proc/sys/fs/epoll/max_user_watches cannot be ${watches}`,
    );
  },
);
