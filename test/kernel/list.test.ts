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
  list_empty_careful,
  list_entry,
  list_head,
  list_splice_init,
} from '../../src/kernel/list.ts';

const node = (name: string): list_head<string> => new list_head(name);
const anchor = (...names: string[]): list_head<string> => {
  const head = new list_head<string>(null);
  for (const name of names) list_add_tail(node(name), head);
  return head;
};

/** ep_done_scan() turns ovflist round by adding at the head: events would come newest first. */
test('list_add puts a node in front of the others', () => {
  const head = anchor('old');

  list_add(node('new'), head);

  expect([...head]).toEqual(['new', 'old']);
});

/** The ready list reports events in the order of their arrival. */
test('list_add_tail puts a node behind the others', () => {
  const head = anchor('old');

  list_add_tail(node('new'), head);

  expect([...head]).toEqual(['old', 'new']);
});

/** ep_is_linked() asks the node itself, so a removed item must look removed. */
test('list_del_init leaves a node that is empty and can be added again', () => {
  const head = anchor('a');
  const b = node('b');
  list_add(b, head);

  list_del_init(b);

  expect(list_empty(b)).toBe(true);
  list_add_tail(b, head);
  expect([...head]).toEqual(['a', 'b']);
});

/** What a scan could not report goes back before what came meanwhile. */
test('list_splice_init moves a list in front of another and keeps its order', () => {
  const left = anchor('1', '2');
  const head = anchor('3', '4');

  list_splice_init(left, head);

  expect([...head]).toEqual(['1', '2', '3', '4']);
  expect(list_empty(left)).toBe(true);
});

/** Most scans leave nothing over. */
test('list_splice_init of an empty list changes nothing', () => {
  const head = anchor('1');

  list_splice_init(anchor(), head);

  expect([...head]).toEqual(['1']);
});

/** finish_wait() looks without the lock while a waker is between the two stores of a removal. */
test('list_empty_careful is false while only one link of a node points to itself', () => {
  const a = anchor('a').next;
  a.next = a;

  expect(list_empty(a)).toBe(true);
  expect(list_empty_careful(a)).toBe(false);
  a.prev = a;
  expect(list_empty_careful(a)).toBe(true);
});

/** The double insertion of 2.6.28 (f337b9c5833): an item queued twice made the list endless. */
test('list_add of a node that is on a list already is a kernel bug', () => {
  const head = anchor();
  const a = node('a');
  list_add(a, head);

  expect(() => list_add(a, head)).toThrow(/double add/);
  expect(() => list_add(a, anchor())).toThrow(/double add/);
});

/** Somebody wrote into a list without its lock. */
test('list_add between nodes that do not point to each other is a kernel bug', () => {
  const head = anchor('a');
  head.prev = node('stray');

  expect(() => list_add_tail(node('b'), head)).toThrow(/list_add corruption/);
});

/** A removal that races with another one. */
test('list_del_init of a node whose neighbours do not point back is a kernel bug', () => {
  const head = anchor('a', 'b');
  const a = head.next;
  a.next.prev = head;

  expect(() => list_del_init(a)).toThrow(/list_del corruption/);
});

/** An empty list has no first entry; C would read the memory before the anchor. */
test('list_entry of the anchor is a kernel bug', () => {
  expect(() => list_entry(anchor().next)).toThrow(/anchor/);
});

/** The items of a file are walked newest first when the file is closed. */
test('hlist_add_head_rcu puts a node in front', () => {
  const head = new hlist_head<string>();

  hlist_add_head_rcu(new hlist_node('old'), head);
  hlist_add_head_rcu(new hlist_node('new'), head);

  expect([...head]).toEqual(['new', 'old']);
});

/** Removing a file's only item empties `f_ep`, which the next close looks at. */
test('hlist_del_rcu takes any node out and empties the list with the last', () => {
  const head = new hlist_head<string>();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new hlist_node(name));
  for (const each of [c, b, a]) if (each) hlist_add_head_rcu(each, head);

  if (b) hlist_del_rcu(b);
  expect([...head]).toEqual(['a', 'c']);
  if (a) hlist_del_rcu(a);
  if (c) hlist_del_rcu(c);
  expect(hlist_empty(head)).toBe(true);
});

/** reverse_path_check_proc() walks the items of a file while EPOLL_CTL_DEL takes one out. */
test('hlist_del_rcu leaves the way on for a reader that stands on the node', () => {
  const head = new hlist_head<string>();
  const b = new hlist_node('b');
  const a = new hlist_node('a');
  hlist_add_head_rcu(b, head);
  hlist_add_head_rcu(a, head);

  hlist_del_rcu(a);

  expect(a.next).toBe(b);
});

/** An item that two paths remove from its file's list. */
test('hlist_del_rcu of a node that is on no list is a kernel bug', () => {
  const head = new hlist_head<string>();
  const a = new hlist_node('a');
  hlist_add_head_rcu(a, head);
  hlist_del_rcu(a);

  expect(() => hlist_del_rcu(a)).toThrow(/unhashed/);
});

/** An item that is attached to its file twice. */
test('hlist_add_head_rcu of a node that is on a list is a kernel bug', () => {
  const a = new hlist_node('a');
  hlist_add_head_rcu(a, new hlist_head<string>());

  expect(() => hlist_add_head_rcu(a, new hlist_head<string>())).toThrow(/double add/);
});
