import { expect, test } from 'vitest';
import { exampleOf, onAll, onOne, said } from './explored.ts';

const by = 'waits-for-ever';
const server = await exampleOf(by);

/** Whoever wonders why the checker says that nothing is wrong with a program that never ends. */
test('the example: a server to which nobody connects is told of, as information', () => {
  const [problem] = onAll(server);

  expect(problem?.sentence).toBe(
    'The program never ends: main waits in epoll_wait for ep4, and nothing more happens.',
  );
  expect(problem?.severity).toBe('information');
});

/** Tests whose programs are all to end. */
test('it is a bug where that is asked for', () => {
  expect(onOne(server, {}, { strict: true }).map(({ severity }) => severity)).toEqual(['bug']);
});

/** A false alarm for each server that is stopped, and for each test that is done. */
test('a server that ends is not told of', () => {
  const stopped = onOne(function* (sys) {
    yield* sys.pthread_create(server);
    yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
  });

  expect(stopped).toEqual([]);
});

/** The same sleep told twice, once as what it is and once as this. */
test('a deadlock is not told of a second time', async () => {
  expect(said(onOne(await exampleOf('deadlock')), by)).toEqual([]);
});
