import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
import { checkTest, simTest, thread, wakeups } from 'epollsim/vitest';
import { expect } from 'vitest';

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

simTest('a write wakes who waits', { fakeTime: true }, async (sys) => {
  const [reader, writer] = await sys.pipe2(0);
  await sys.pthread_create(async (sys) => {
    await sys.read(reader, new Uint8Array(8));
  });
  await sleep(1000); // Of the machine's time: long enough to fall asleep.
  expect(thread(sys, 't1')).toBeBlockedIn('read');
  expect(await wakeups(sys, sys.write(writer, 'x'))).toWake('t1');
});

checkTest(
  'a pending event is found, since 7.2',
  { kernel: '7.3', sharedMemory: false },
  async (sys) => {
    const event = await sys.eventfd2(1, 0);
    const ep = await sys.epoll_create1(0);
    await sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN, data: 7 });
    const threads = [];
    for (const _ of [1, 2]) {
      threads.push(
        await sys.pthread_create(async (sys) => {
          expect(await sys.epoll_wait(ep, 1, 0)).toHaveEvents([[7, EPOLLIN]]);
        }),
      );
    }
    for (const one of threads) await sys.pthread_join(one);
  },
);
