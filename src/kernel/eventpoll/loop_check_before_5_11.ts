/**
 * Which epoll may watch which, before 319c15174757 and its series (5.11). Linux: fs/eventpoll.c of
 * 4.4 to 5.10 (ep_loop_check, reverse_path_check, clear_tfile_check_list).
 *
 * The files whose paths are to be counted stand on a list themselves: bare, then with a reference
 * (a9ed4a6560b8), then with one only if there was one left (77f4689de17c).
 *
 * Invariants: all of it runs under epmutex.
 */
import { KernelBug } from '../bug.ts';
import { current } from '../current.ts';
import { borrowFile, type file, file_ref_get, peekAtLinks, returnFile } from '../file.ts';
import { hlist_empty } from '../list.ts';
import { mutex_lock_nested, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { rb_first, rb_next } from '../rbtree.ts';
import { rcu_read_lock, rcu_read_unlock } from '../rcu.ts';
import { __fentry__ } from '../trace.ts';
import { is_file_epoll } from './file.ts';
import { path_count_inc, path_count_init } from './loop_check.ts';
import { ep_call_nested } from './nested_calls.ts';
import { type eventpoll, statics } from './types.ts';

/** A file that the list leads to. */
function useFile(file: file): file {
  if (file.freed) throw new KernelBug('use after free', `file ${file.name}, by ${current.comm}`);
  return file;
}

/** Puts a file at the head of the list, which writes to the file that was there. */
export function listFile(file: file): void {
  const { tfile_check_files } = statics();
  const [first] = tfile_check_files;
  if (first !== undefined) useFile(first);
  tfile_check_files.unshift(file);
}

/** Lists a file that the check has met, once. */
function listMet(file: file): void {
  const { patched } = current.kernel;
  if (statics().tfile_check_files.includes(file)) return;
  if (patched.a9ed4a6560b8) {
    if (!patched['77f4689de17c'])
      borrowFile(file); // Also where the last reference was gone.
    else if (!file_ref_get(file)) return;
  }
  listFile(file);
}

/** Forgets the files. */
export function* clear_tfile_check_list(): Kernel<void> {
  const { tfile_check_files } = statics();
  for (let file = tfile_check_files[0]; file !== undefined; file = tfile_check_files[0]) {
    if (!current.kernel.alone) yield peekAtLinks(file);
    useFile(file);
    tfile_check_files.shift();
    if (current.kernel.patched.a9ed4a6560b8) returnFile(file);
  }
}

/** Counts the paths that go up from a file; -1 if there are too many. */
function* reverse_path_check_proc(
  priv: unknown,
  _cookie: object,
  call_nests: number,
): Kernel<number> {
  const links = (priv as file).f_ep;
  let error = 0;
  rcu_read_lock();
  for (let node = links?.first ?? null; node !== null && error === 0; node = node.next) {
    const child_file = node.owner.ep.file as file;
    if (!current.kernel.alone) yield peekAtLinks(child_file);
    if (child_file.f_ep === null || hlist_empty(child_file.f_ep)) {
      error = path_count_inc(call_nests);
    } else {
      error = yield* ep_call_nested(
        statics().poll_loop_ncalls,
        reverse_path_check_proc,
        child_file,
        child_file,
        current,
      );
    }
  }
  rcu_read_unlock();
  return error;
}

/** Counts the paths that start at each listed file; -1 if there are too many. */
export function* reverse_path_check(): Kernel<number> {
  if (!current.kernel.patched['28d82dc1c4ed']) return 0;
  for (const file of statics().tfile_check_files) {
    if (!current.kernel.alone) yield peekAtLinks(file);
    useFile(file);
    path_count_init();
    const error = yield* ep_call_nested(
      statics().poll_loop_ncalls,
      reverse_path_check_proc,
      file,
      file,
      current,
    );
    if (error !== 0) return error;
  }
  return 0;
}

/** Visits the instances below an epoll, each once, and lists the other files on the way. */
function* ep_loop_check_proc(priv: unknown, _cookie: object, call_nests: number): Kernel<number> {
  const ep = (priv as file).private_data as eventpoll;
  const at = statics();
  let error = 0;
  yield mutex_lock_nested(ep.mtx, call_nests + 1);
  ep.gen = at.loop_check_gen;
  for (let epi = rb_first(ep.rbr); epi !== null; epi = rb_next(ep.rbr, epi)) {
    const { file } = epi.ffd;
    if (!is_file_epoll(file)) {
      listMet(file);
      continue;
    }
    const ep_tovisit = file.private_data as eventpoll;
    if (ep_tovisit.gen === at.loop_check_gen) continue;
    error = yield* ep_call_nested(
      at.poll_loop_ncalls,
      ep_loop_check_proc,
      file,
      ep_tovisit,
      current,
    );
    if (error !== 0) break;
  }
  mutex_unlock(ep.mtx);
  return error;
}

/** May `ep` watch `file`? -1 if that would close a circle or make too long a chain. */
export function* ep_loop_check(ep: eventpoll, file: file): Kernel<number> {
  __fentry__('ep_loop_check');
  if (!current.kernel.patched['22bacca48a17']) return 0;
  const { poll_loop_ncalls } = statics();
  return yield* ep_call_nested(poll_loop_ncalls, ep_loop_check_proc, file, ep, current);
}
