import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  RB_EMPTY_ROOT,
  rb_add,
  rb_erase,
  rb_find,
  rb_first,
  rb_next,
  rbNodes,
  rbRoot,
} from '../../src/kernel/rbtree.ts';

const keys: fc.Arbitrary<number> = fc.integer({ min: 0, max: 40 });

/** The items of an epoll and the timers of a machine: the order of fdinfo, and of time. */
test('a tree holds what a sorted array holds after the same changes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), keys), { maxLength: 80 }), (changes) => {
      const root = rbRoot<number>((a, b) => a - b);
      const model: number[] = [];
      for (const [add, key] of changes) {
        const at = model.indexOf(key);
        if (add && at < 0) {
          rb_add(root, key);
          model.push(key);
          model.sort((a, b) => a - b);
        } else if (!add && at >= 0) {
          rb_erase(root, key);
          model.splice(at, 1);
        }
        expect(rbNodes(root)).toEqual(model);
        expect(RB_EMPTY_ROOT(root)).toBe(model.length === 0);
        expect(rb_first(root)).toBe(model[0] ?? null);
      }
    }),
  );
});

/** A walk goes on from a node that was removed meanwhile, and finds what a search finds. */
test('rb_next and rb_find answer as a search in the sorted array does', () => {
  fc.assert(
    fc.property(fc.uniqueArray(keys), keys, (members, key) => {
      const root = rbRoot<number>((a, b) => a - b);
      for (const each of members) rb_add(root, each);
      const sorted = [...members].sort((a, b) => a - b);

      expect(rb_next(root, key)).toBe(sorted.find((each) => each > key) ?? null);
      expect(rb_find(root, key)).toBe(members.includes(key) ? key : null);
    }),
  );
});
