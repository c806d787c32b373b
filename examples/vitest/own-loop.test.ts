import { EFD_NONBLOCK } from 'epollsim';
import { checkTest } from 'epollsim/vitest';
import { AsyncLoop } from '../loop/async-loop.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

checkTest('a job that another thread posts is done', async (sys) => {
  const fd = await sys.eventfd2(0, EFD_NONBLOCK);
  const loop = new AsyncLoop(sys, { fd, drain: () => sys.read(fd, new Uint8Array(8)) });
  await loop.open();
  await sys.pthread_create(async (sys) => {
    loop.post(() => loop.stop());
    await sys.write(fd, one);
  });
  await loop.run();
});
