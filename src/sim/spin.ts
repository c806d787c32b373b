/**
 * Finds out where a context is that does not come to rest: the next thing that a tracer would hear
 * of ends it, with the stack that it has there.
 */
import { withWholeStack } from '../kernel/bug.ts';
import { OutOfSteps } from '../kernel/steps.ts';
import type { Tracer } from '../kernel/trace.ts';

const stopHere = (): never => {
  throw withWholeStack(() => new OutOfSteps());
};

export const whereItStands: Tracer = {
  enter: stopHere,
  note: stopHere,
  announce: stopHere,
  op: stopHere,
  release: stopHere,
  wakeup: stopHere,
  switch: stopHere,
  irq: stopHere,
  sysEnter: stopHere,
  sysExit: stopHere,
  sysReturn: stopHere,
  signal: stopHere,
  sigreturn: stopHere,
};
