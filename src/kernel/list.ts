/**
 * Circular intrusive lists, and the singly anchored hlist. Linux: include/linux/list.h, rculist.h.
 *
 * Invariants: `node.next.prev === node.prev.next === node`; checked on every change, as with
 * CONFIG_DEBUG_LIST.
 */
import { KernelBug } from './bug.ts';

export class list_head<T> {
  next: list_head<T> = this;
  prev: list_head<T> = this;

  // Ours: stands in for container_of(); null in the head that anchors a list.
  readonly owner: T | null;

  constructor(owner: T | null) {
    this.owner = owner;
  }

  /** Ours: for views and tests. */
  *[Symbol.iterator](): Generator<T> {
    for (let node = this.next; node !== this; node = node.next) yield list_entry(node);
  }
}

export const list_empty = <T>(head: list_head<T>): boolean => head.next === head;

/** Empty, and nobody is half way through emptying it. */
export const list_empty_careful = <T>(head: list_head<T>): boolean =>
  head.next === head && head.prev === head;

export function list_entry<T>(node: list_head<T>): T {
  if (node.owner === null) throw new KernelBug('list', 'list_entry() of a list anchor');
  return node.owner;
}

function __list_add<T>(node: list_head<T>, prev: list_head<T>, next: list_head<T>): void {
  if (next.prev !== prev || prev.next !== next) throw new KernelBug('list', 'list_add corruption');
  if (node === prev || node === next || node.next !== node) {
    throw new KernelBug('list', 'list_add double add');
  }
  next.prev = node;
  node.next = next;
  node.prev = prev;
  prev.next = node;
}

export const list_add = <T>(node: list_head<T>, head: list_head<T>): void =>
  __list_add(node, head, head.next);

export const list_add_tail = <T>(node: list_head<T>, head: list_head<T>): void =>
  __list_add(node, head.prev, head);

export function list_del_init<T>(node: list_head<T>): void {
  const { next, prev } = node;
  if (next.prev !== node || prev.next !== node) throw new KernelBug('list', 'list_del corruption');
  prev.next = next;
  next.prev = prev;
  node.next = node.prev = node;
}

/** Moves all of `list` to the front of `head`. */
export function list_splice_init<T>(list: list_head<T>, head: list_head<T>): void {
  if (list.next === list) return;
  const first = list.next;
  const last = list.prev;
  const at = head.next;
  first.prev = head;
  head.next = first;
  last.next = at;
  at.prev = last;
  list.next = list.prev = list;
}

/** Moves all nodes of `list` to the end of `head`. */
export const list_splice_tail_init = <T>(list: list_head<T>, head: list_head<T>): void =>
  list_splice_init(list, head.prev);

export class hlist_head<T> {
  first: hlist_node<T> | null = null;

  /** Ours: for views and tests. */
  *[Symbol.iterator](): Generator<T> {
    for (let node = this.first; node !== null; node = node.next) yield node.owner;
  }
}

export class hlist_node<T> {
  next: hlist_node<T> | null = null;
  /** Where the pointer to this node is kept; null when unhashed. */
  pprev: hlist_head<T> | hlist_node<T> | null = null;

  // Ours: stands in for container_of().
  readonly owner: T;

  constructor(owner: T) {
    this.owner = owner;
  }
}

export const hlist_empty = <T>(head: hlist_head<T>): boolean => head.first === null;

const setPointer = <T>(at: hlist_head<T> | hlist_node<T>, node: hlist_node<T> | null): void => {
  if (at instanceof hlist_head) at.first = node;
  else at.next = node;
};

export function hlist_add_head_rcu<T>(node: hlist_node<T>, head: hlist_head<T>): void {
  if (node.pprev !== null) throw new KernelBug('list', 'hlist_add_head double add');
  node.next = head.first;
  node.pprev = head;
  if (head.first !== null) head.first.pprev = node;
  head.first = node;
}

/** Unlinks a node; its `next` stays, for readers that stand on it. */
export function hlist_del_rcu<T>(node: hlist_node<T>): void {
  if (node.pprev === null) throw new KernelBug('list', 'hlist_del of an unhashed node');
  setPointer(node.pprev, node.next);
  if (node.next !== null) node.next.pprev = node.pprev;
  node.pprev = null;
}
