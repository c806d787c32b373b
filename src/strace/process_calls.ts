/** Calls that make and end threads and processes. */
import { do_close_on_exec, unshare_files } from '../kernel/fdtable.ts';
import { type Call, succeeded, type Thread } from './call.ts';
import { splitArguments } from './text.ts';
import type { World } from './world.ts';

export function cloned(world: World, call: Call): void {
  const { returned } = call;
  if (!succeeded(call) || returned.ret === null || returned.ret <= 0) return;
  world.threads.cloned(call, call.args.join(', '), returned.ret);
}

export function executed(world: World, call: Call): void {
  if (!succeeded(call)) return;
  const { thread, args } = call;
  const { mirror } = world;
  mirror.abandon(thread.task);
  mirror.drive(thread.task, unshare_files());
  mirror.drive(thread.task, do_close_on_exec(thread.task.files));
  thread.name = nameOf(args);
  thread.task.comm = thread.name;
  for (const f of world.epolls) if (f.freed) world.epolls.delete(f);
}

/** The last part of the program's path. */
function nameOf(args: readonly string[]): string {
  const path = args.find((arg) => arg.startsWith('"')) ?? '"?"';
  const name = /([^/"]+)"?(?:\.\.\.)?$/.exec(path)?.[1] ?? 'main';
  return name.slice(0, 15);
}

/** The whole process ends, and closes its descriptors. */
export function exitedGroup(world: World, { thread }: Call): void {
  for (const other of [...world.threads.alive]) {
    if (other !== thread && isSameProcess(other, thread)) end(world, other);
  }
  end(world, thread);
}

export const exitedThread = (world: World, { thread }: Call): void => end(world, thread);

const isSameProcess = (a: Thread, b: Thread): boolean => a.task.tgid === b.task.tgid;

export function end(world: World, thread: Thread): void {
  if (thread.ended) return;
  if (thread.task.files.count.refs === 1) {
    world.watch.leaves(thread, !world.threads.hasOutsiders);
  }
  world.threads.end(thread);
  for (const f of world.epolls) if (f.freed) world.epolls.delete(f);
  for (const f of world.holding) if (f.freed) world.holding.delete(f);
}

/** The descriptors that unshare() gives a thread of its own. */
export function unshared(world: World, call: Call): void {
  if (!succeeded(call) || !/CLONE_FILES/.test(splitArguments(call.args.join(','))[0] ?? '')) return;
  world.mirror.drive(call.thread.task, unshare_files());
}
