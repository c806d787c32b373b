import { expect, test } from 'vitest';
import {
  RB_EMPTY_ROOT,
  rb_add,
  rb_erase,
  rb_find,
  rb_first,
  rb_next,
  type rb_root,
  rbNodes,
  rbRoot,
} from '../../src/kernel/rbtree.ts';

const treeOf = (...keys: number[]): rb_root<number> => {
  const root = rbRoot<number>((a, b) => a - b);
  for (const key of keys) rb_add(root, key);
  return root;
};

/** /proc/PID/fdinfo lists the items of an epoll in the order of its tree. */
test('rb_first and rb_next visit the nodes in ascending order', () => {
  const root = treeOf(5, 1, 9, 3);
  const visited: number[] = [];

  for (let node = rb_first(root); node !== null; node = rb_next(root, node)) visited.push(node);

  expect(visited).toEqual([1, 3, 5, 9]);
});

/** ep_clear_and_put() takes the next node before it removes the one in hand, or after. */
test('rb_next of a node that was erased is the node that followed it', () => {
  const root = treeOf(1, 3, 5);

  rb_erase(root, 3);

  expect(rb_next(root, 3)).toBe(5);
  expect(rb_next(root, 5)).toBe(null);
});

/** EPOLL_CTL_MOD of what was never added is ENOENT. */
test('rb_find tells a node that is in the tree from one that is not', () => {
  const root = treeOf(1, 3);

  expect(rb_find(root, 3)).toBe(3);
  expect(rb_find(root, 2)).toBe(null);
});

/** An eventpoll must not be freed while items are left. */
test('RB_EMPTY_ROOT is true before the first node and after the last', () => {
  const root = treeOf();
  expect(RB_EMPTY_ROOT(root)).toBe(true);
  expect(rb_first(root)).toBe(null);

  rb_add(root, 1);
  expect(RB_EMPTY_ROOT(root)).toBe(false);
  rb_erase(root, 1);

  expect(RB_EMPTY_ROOT(root)).toBe(true);
});

/** The lab shows the tree of an earlier step without running again. */
test('an older root still shows the tree as it was', () => {
  const root = treeOf(1, 3);
  const before: rb_root<number> = { tree: root.tree };

  rb_erase(root, 1);
  rb_add(root, 7);

  expect(rbNodes(before)).toEqual([1, 3]);
  expect(rbNodes(root)).toEqual([3, 7]);
});
