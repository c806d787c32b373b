/**
 * Ordered trees. Linux: include/linux/rbtree.h, lib/rbtree.c.
 *
 * The tree itself is functional-red-black-tree: each change makes a new root that shares all but
 * one path with the old one. A view of an earlier moment is therefore just an old root.
 * Differs from Linux: not intrusive; colours and rotations are the library's.
 */
import createRBTree from 'functional-red-black-tree';

/** What is used of the library, whose types a user of this package does not have. */
interface Tree<T> {
  readonly length: number;
  readonly keys: T[];
  readonly root: unknown;
  readonly begin: { readonly key?: T | undefined };
  gt(key: T): { readonly key?: T | undefined };
  get(key: T): T | void;
  insert(key: T, value: T): Tree<T>;
  remove(key: T): Tree<T>;
}

export interface rb_root<T> {
  // Ours:
  tree: Tree<T>;
}

/** Ours: an empty tree ordered by `compare`. */
export const rbRoot = <T>(compare: (a: T, b: T) => number): rb_root<T> => ({
  tree: createRBTree<T, T>(compare),
});

export const RB_EMPTY_ROOT = <T>(root: rb_root<T>): boolean => root.tree.length === 0;

export const rb_first = <T>(root: rb_root<T>): T | null => root.tree.begin.key ?? null;

/** The node that follows `node`, which need not be in the tree any more. */
export const rb_next = <T>(root: rb_root<T>, node: T): T | null => root.tree.gt(node).key ?? null;

export function rb_add<T>(root: rb_root<T>, node: T): void {
  root.tree = root.tree.insert(node, node);
}

export function rb_erase<T>(root: rb_root<T>, node: T): void {
  root.tree = root.tree.remove(node);
}

/** The node that equals `key`, or null. */
export const rb_find = <T>(root: rb_root<T>, key: T): T | null => root.tree.get(key) ?? null;

/** Ours: all nodes in order. */
export const rbNodes = <T>(root: rb_root<T>): T[] => root.tree.keys;
