/**
 * Ordered trees. Linux: include/linux/rbtree.h, lib/rbtree.c.
 *
 * The tree itself is functional-red-black-tree: each change makes a new root that shares all but
 * one path with the old one. A view of an earlier moment is therefore just an old root.
 * Differs from Linux: not intrusive; colours and rotations are the library's.
 */
import createRBTree from 'functional-red-black-tree';

/** What is used of the library, whose types a user of this package does not have. */
interface Tree<T, K> {
  readonly length: number;
  readonly keys: T[];
  readonly root: unknown;
  readonly begin: { readonly key?: T | undefined };
  gt(key: K): { readonly key?: T | undefined };
  get(key: K): T | void;
  insert(key: T, value: T): Tree<T, K>;
  remove(key: K): Tree<T, K>;
}

export interface rb_root<T extends K, K = T> {
  // Ours:
  tree: Tree<T, K>;
}

/** Ours: an empty tree ordered by `compare`. */
export const rbRoot = <T extends K, K = T>(compare: (a: K, b: K) => number): rb_root<T, K> => ({
  tree: createRBTree<T, T>(compare) as unknown as Tree<T, K>,
});

export const RB_EMPTY_ROOT = <T extends K, K>(root: rb_root<T, K>): boolean =>
  root.tree.length === 0;

export const rb_first = <T extends K, K>(root: rb_root<T, K>): T | null =>
  root.tree.begin.key ?? null;

/** The node that follows `node`, which need not be in the tree any more. */
export const rb_next = <T extends K, K>(root: rb_root<T, K>, node: T): T | null =>
  root.tree.gt(node).key ?? null;

export function rb_add<T extends K, K>(root: rb_root<T, K>, node: T): void {
  root.tree = root.tree.insert(node, node);
}

export function rb_erase<T extends K, K>(root: rb_root<T, K>, node: T): void {
  root.tree = root.tree.remove(node);
}

/** The node that equals `key`, or null. */
export const rb_find = <T extends K, K>(root: rb_root<T, K>, key: K): T | null =>
  root.tree.get(key) ?? null;

/** Ours: all nodes in order. */
export const rbNodes = <T extends K, K>(root: rb_root<T, K>): T[] => root.tree.keys;
