import { expect, test } from 'vitest';
import { detect, observed } from '../../../src/check/detectors/index.ts';
import { EPOLLET, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { Machine } from '../../../src/sim/machine.ts';
import type { Program } from '../../../src/syscalls/sys.ts';
import { watch } from '../../support/programs.ts';
import { onOne } from './explored.ts';

/** A stale event, and bytes that are left. */
const twice: Program = function* (sys) {
  const [reader, writer] = yield* sys.pipe2(0);
  const ep = yield* watch(sys, reader, EPOLLIN | EPOLLET);
  yield* sys.write(writer, 'x');
  yield* sys.dup2(reader, 9);
  yield* sys.close(reader);
  yield* sys.epoll_wait(ep, 1, -1);
  yield* sys.epoll_wait(ep, 1, -1);
};

/** A reader of a report, who looks at its first line. */
test('what harms most is told first', () => {
  expect(onOne(twice).map(({ kind }) => kind)).toEqual(['stranded-data', 'stale-event']);
});

/** Whoever knows that the data are stranded, and is told instead that the program waits. */
test('a detector that is switched off leaves no gap for another one', () => {
  expect(onOne(twice, {}, { off: ['stranded-data'] }).map(({ kind }) => kind)).toEqual([
    'stale-event',
  ]);
});

/** A finding whose schedule shows half of it, for the execution was left there. */
test('an execution that was left half way is not judged', () => {
  const machine = observed(new Machine());
  machine.spawn(twice);
  machine.run();

  expect(detect({ machine, error: null, extent: 'redundant' })).toEqual([]);
  expect(detect({ machine, error: null, extent: 'whole' })).toHaveLength(2);
});

/** A program under the simulator alone, which pays nothing for what nobody asks for. */
test('a machine that is not observed shows its errors alone', () => {
  const machine = new Machine();
  machine.spawn(twice);
  machine.run();

  expect(detect({ machine, error: null, extent: 'whole' })).toEqual([]);
  expect(detect({ machine, error: new Error('x'), extent: 'whole' })).toHaveLength(1);
});
