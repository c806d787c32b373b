import { expect, test } from 'vitest';
import { type Code, Machine, Recorder, type Sys, type TraceEvent } from '../../src/index.ts';
import { aWhile, u64 } from './support/traced.ts';

/** The locks that each task took, by name, when two processes take turns. */
function locksOf(program: (sys: Sys) => Code<void>): Map<string, Set<string>> {
  const locks = new Map<string, Set<string>>();
  const note = (event: TraceEvent): void => {
    if (event.kind !== 'op' || event.verb !== 'spin_lock') return;
    const { comm } = event.task;
    locks.set(comm, (locks.get(comm) ?? new Set()).add(event.target));
  };
  const machine = new Machine({ tracer: new Recorder(note, { functions: false }) });
  machine.spawn(program, 'first');
  machine.spawn(program, 'second');
  machine.run();
  return locks;
}

/** In a trace of a server and its clients, each lock has to say whose it is. */
test('a file has its name from the first operation on, in whichever process it is opened', () => {
  const locks = locksOf(function* (sys) {
    for (let i = 0; i < 3; i++) {
      yield* sys.nanosleep(aWhile);
      const ev = yield* sys.eventfd2(0, 0);
      yield* sys.write(ev, u64(1n));
    }
  });

  expect([...(locks.get('first') ?? [])]).toContain('eventfd5->wqh.lock');
  expect([...(locks.get('second') ?? [])]).toEqual(
    expect.arrayContaining([
      'eventfd3#2->wqh.lock',
      'eventfd4#2->wqh.lock',
      'eventfd5#2->wqh.lock',
    ]),
  );
});

/** Under a trace every operation asks for a name; that must not take a look at everybody. */
test('a thousand processes are named in a time that grows as they do', () => {
  const looks = (count: number): number => {
    let looked = 0;
    const machine = new Machine({ tracer: new Recorder(() => {}, { functions: false }) });
    for (let i = 0; i < count; i++) {
      const { task } = machine.spawn(function* (sys) {
        const ev = yield* sys.eventfd2(0, 0);
        yield* sys.write(ev, u64(1n));
        yield* sys.nanosleep(aWhile);
      });
      const { forEach } = task.files.fd;
      task.files.fd.forEach = (visit): void => {
        looked++;
        forEach.call(task.files.fd, visit);
      };
    }
    machine.run();
    return looked;
  };

  expect(looks(400)).toBeLessThan(looks(100) * 5);
});
