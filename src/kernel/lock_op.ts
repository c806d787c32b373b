/**
 * The operations that take a lock. Each is made when the lock is first asked for in that way, where
 * somebody could come between, and stays with the lock.
 */
import { checkSubclass, type lockdep_map } from './lockdep.ts';
import { Op, type Verb } from './op.ts';
import { mayKeep } from './trace.ts';

interface Lock extends lockdep_map {
  /** One after the other by `next`. */
  ops: Op | null;
}

export function lockOp(lock: Lock, verb: Verb, flavour: number, subclass: number): Op {
  let op = lock.ops;
  while (op !== null && (op.flavour !== flavour || op.subclass !== subclass)) op = op.next;
  return op ?? makeOp(lock, verb, flavour, subclass);
}

function makeOp(lock: Lock, verb: Verb, flavour: number, subclass: number): Op {
  checkSubclass(subclass);
  const op = new Op(verb, lock, flavour, subclass);
  if (mayKeep(op)) {
    op.next = lock.ops;
    lock.ops = op;
  }
  return op;
}
