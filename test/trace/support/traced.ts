/** Runs programs with a listener, and gives back what it heard or what a format made of it. */

import { EPOLL_CTL_ADD, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { Machine, type MachineOptions } from '../../../src/sim/machine.ts';
import type { Code, Program, Sys } from '../../../src/syscalls/sys.ts';
import type { TraceEvent } from '../../../src/trace/events.ts';
import type { Format, Write } from '../../../src/trace/format.ts';
import { Recorder, type RecorderOptions } from '../../../src/trace/recorder.ts';

type Options = MachineOptions & RecorderOptions;

/** Every event of a program's run. */
export function eventsOf(program: Program, options: Options = {}): TraceEvent[] {
  const events: TraceEvent[] = [];
  const tracer = new Recorder((event) => events.push(event), options);
  const { functions: _, ...rest } = options;
  const machine = new Machine({ ...rest, tracer });
  machine.spawn(program);
  machine.run();
  return events;
}

/** What a format writes of a program's run. */
export function textOf(
  make: (write: Write) => Format,
  program: Program,
  options: Options = {},
): string {
  let text = '';
  const format = make((piece) => {
    text += piece;
  });
  const recorder = new Recorder((event) => format.event(event), options);
  const { functions: _, ...rest } = options;
  const machine = new Machine({ ...rest, tracer: recorder });
  const tasks = [recorder.refOf(machine.spawn(program).task)];
  const { kernel } = machine;
  format.begin({ kind: 'program', name: 'test', about: '', tasks, kernel, recorder });
  machine.run();
  format.end({ blocked: [], error: null });
  format.close?.();
  return text;
}

/** The bytes of a 64-bit number, as an eventfd takes them. */
export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

/** Long enough for every other thread to fall asleep. */
export const aWhile = { tv_sec: 0, tv_nsec: 1_000_000 };

/** A thread sleeps in epoll_wait until another one writes. */
export function* wakeup(sys: Sys): Code<void> {
  const ev = yield* sys.eventfd2(0, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN, data: 7 });
  const tid = yield* sys.pthread_create(function* (sys) {
    yield* sys.epoll_wait(ep, 8, -1);
  });
  yield* sys.nanosleep(aWhile);
  yield* sys.write(ev, u64(1n));
  yield* sys.pthread_join(tid);
}
