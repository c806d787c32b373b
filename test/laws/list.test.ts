import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  hlist_add_head_rcu,
  hlist_del_rcu,
  hlist_empty,
  hlist_head,
  hlist_node,
  list_add,
  list_add_tail,
  list_del_init,
  list_empty,
  list_head,
  list_splice_init,
} from '../../src/kernel/list.ts';

/** One change; `at` picks the element where one is needed. */
interface Step {
  readonly what: 'add' | 'add_tail' | 'del' | 'splice';
  readonly at: number;
}
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom('add', 'add_tail', 'del', 'splice'),
    at: fc.nat(),
  }),
  { maxLength: 60 },
);

/** The ready list, every wait queue, every list of timers: a wrong link loses what is behind it. */
test('a list_head holds what an array holds after the same changes, forwards and backwards', () => {
  fc.assert(
    fc.property(steps, (changes) => {
      const head = new list_head<number>(null);
      const model: list_head<number>[] = [];
      let made = 0;
      for (const { what, at } of changes) {
        const node = new list_head<number>(made++);
        if (what === 'add') {
          list_add(node, head);
          model.unshift(node);
        } else if (what === 'add_tail') {
          list_add_tail(node, head);
          model.push(node);
        } else if (what === 'del' && model.length > 0) {
          const [gone] = model.splice(at % model.length, 1);
          if (gone !== undefined) list_del_init(gone);
        } else if (what === 'splice') {
          const other = new list_head<number>(null);
          const moved = [node, new list_head<number>(made++)];
          for (const each of moved) list_add_tail(each, other);
          list_splice_init(other, head);
          model.unshift(...moved);
          expect(list_empty(other)).toBe(true);
        }
        expect([...head]).toEqual(model.map((each) => each.owner));
        expect(backwards(head)).toEqual(model.map((each) => each.owner).reverse());
        expect(list_empty(head)).toBe(model.length === 0);
      }
    }),
  );
});

function backwards(head: list_head<number>): (number | null)[] {
  const owners: (number | null)[] = [];
  for (let node = head.prev; node !== head; node = node.prev) owners.push(node.owner);
  return owners;
}

/** The items of a file: an item that cannot be unlinked keeps a freed epoll within reach. */
test('an hlist holds what a stack with holes holds after the same changes', () => {
  fc.assert(
    fc.property(steps, (changes) => {
      const head = new hlist_head<number>();
      const model: hlist_node<number>[] = [];
      for (const [i, { what, at }] of changes.entries()) {
        if (what === 'del' || what === 'splice') {
          const [gone] = model.splice(model.length === 0 ? 0 : at % model.length, 1);
          if (gone !== undefined) hlist_del_rcu(gone);
        } else {
          const node = new hlist_node(i);
          hlist_add_head_rcu(node, head);
          model.unshift(node);
        }
        expect([...head]).toEqual(model.map((node) => node.owner));
        expect(hlist_empty(head)).toBe(model.length === 0);
      }
    }),
  );
});
