import fc from 'fast-check';
import { type Action, lock, read, unlock, write } from './support.ts';

/** A few actions; sections of a lock are properly closed, one inside the other. */
export const actions: fc.Arbitrary<Action[]> = fc.letrec<{ actions: Action[]; action: Action[] }>(
  (tie) => ({
    actions: fc.array(tie('action'), { maxLength: 3 }).map((lists) => lists.flat()),
    action: fc.oneof(
      { depthSize: 'small', maxDepth: 1 },
      fc.nat(1).map((cell) => [read(cell)]),
      fc.nat(1).map((cell) => [write(cell)]),
      fc
        .tuple(fc.nat(1), tie('actions'))
        .map(([at, inside]) => [
          lock(at),
          ...inside.filter((a) => a.do === 'read' || a.do === 'write'),
          unlock(at),
        ]),
    ),
  }),
).actions;
