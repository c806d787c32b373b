import { EFD_NONBLOCK } from 'epollsim';
import { type AsyncProgram, type AsyncSys, checkAsync, simulateAsync } from 'epollsim/async';
import { expect, test } from 'vitest';
import { AsyncLoop, type Waker } from './async-loop.ts';

/** Looks into the queue before it drains the waker: two lines the wrong way round. */
class SleepyLoop extends AsyncLoop {
  protected override async takeJobs(): Promise<void> {
    const jobs = this.queue.splice(0);
    await this.waker.drain();
    for (const job of jobs) await job();
  }
}

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

async function wakerOf(sys: AsyncSys): Promise<Waker> {
  const fd = await sys.eventfd2(0, EFD_NONBLOCK);
  return { fd, drain: () => sys.read(fd, new Uint8Array(8)) };
}

/** Two threads give the loop a job each; it stops when it has done both. */
const program =
  (Loop: typeof AsyncLoop): AsyncProgram<number> =>
  async (sys) => {
    const waker = await wakerOf(sys);
    const loop = new Loop(sys, waker);
    await loop.open();
    let done = 0;
    for (let i = 0; i < 2; i++) {
      await sys.pthread_create(async (sys) => {
        loop.post(() => {
          if (++done === 2) loop.stop();
        });
        await sys.write(waker.fd, one);
      });
    }
    await loop.run();
    return done;
  };

test('a loop that looks before it drains works on one schedule', async () => {
  expect(await simulateAsync(program(SleepyLoop))).toBe(2);
});

test('and sleeps with a job in its queue on some schedule', async () => {
  const [finding] = (await checkAsync(program(SleepyLoop))).findings;
  expect(finding?.sentence).toContain('main');
});

test('one that drains first does all jobs on every schedule', { timeout: 60_000 }, async () => {
  const { complete, findings, results } = await checkAsync(program(AsyncLoop));
  expect(findings).toEqual([]);
  expect(complete).toBe(true);
  expect([...results.keys()]).toEqual(['2']);
});
