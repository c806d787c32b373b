/** What /proc says about the threads and the network of a process. */
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { goFd } from './layout.ts';

const buffer = Buffer.alloc(16384);

/** A file of /proc; `''` where it is gone. */
export function readProc(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return '';
  }
  let text = '';
  try {
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, null);
      if (length === 0) break;
      text += buffer.toString('latin1', 0, length);
    }
  } catch {
    text = '';
  }
  closeSync(fd);
  return text;
}

/** What a descriptor of a thread is; `''` when it is not open. */
export function describeFd(tid: number, fd: number): string {
  try {
    return readlinkSync(`/proc/${tid}/fd/${fd}`);
  } catch {
    return '';
  }
}

/** Whether a process is there and has not ended. */
export function isAlive(pid: number): boolean {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat !== '' && !/\) [ZX] /.test(stat);
}

/** What the kernel says about a thread that is inside a call. */
export interface Asleep {
  readonly nr: number;
  /** Equal texts mean that the thread has not run in between. */
  readonly signature: string;
}

/** The call in which a thread sleeps; null while it runs, or waits for something to do. */
export function asleep(tid: number, thread: number): Asleep | null {
  const found = sleeping(tid);
  return found === null || isWaiting(found.call, thread) ? null : found;
}

/** The signature of a thread that waits for something to do; null where it does not. */
export function waiting(tid: number, thread: number): string | null {
  const found = sleeping(tid);
  return found !== null && isWaiting(found.call, thread) ? found.signature : null;
}

const isWaiting = (call: string, thread: number): boolean =>
  call.startsWith(`0 0x${(goFd + thread).toString(16)} `);

/** It waits for work of the kernel's own, which comes to its end without anybody's help. */
const waitsForKernel = (tid: number): boolean =>
  /flush_work|rcu|completion/.test(readProc(`/proc/${tid}/wchan`));

function sleeping(tid: number): (Asleep & { readonly call: string }) | null {
  const call = readProc(`/proc/${tid}/syscall`);
  const nr = Number.parseInt(call, 10);
  if (!(nr >= 0)) return null;
  const status = readProc(`/proc/${tid}/status`);
  const state = /^State:\t(.)/m.exec(status)?.[1];
  if (state !== 'S' && (state !== 'D' || waitsForKernel(tid))) return null;
  const switches = status.slice(status.indexOf('voluntary_ctxt_switches'));
  return { nr, call, signature: call + switches };
}

/** Whether a thread waits for a page of userfaultfd. */
export const isHeld = (tid: number): boolean =>
  readProc(`/proc/${tid}/wchan`) === 'handle_userfault';

export interface Network {
  /** Something is on its way and will arrive. */
  readonly moving: boolean;
  /** A handshake is under way; it may never end. */
  readonly waiting: boolean;
  readonly signature: string;
}

const synSent = '02';
const synRecv = '03';
/** The time left on each timer, which changes by itself. */
const timers = / 0[0-4]:[0-9A-F]{8} /g;

/** At rest is a network in which no packet waits for a CPU and no segment for its ACK. */
export function networkOf(tid: number): Network {
  let moving = packetsQueued() > 0;
  let waiting = false;
  const sockets = readProc(`/proc/${tid}/net/tcp`);
  for (const line of sockets.split('\n').slice(1)) {
    const [, , , state, , timer] = line.trim().split(/\s+/);
    if (timer === undefined || !timer.startsWith('01:')) continue;
    if (state === synSent || state === synRecv) waiting = true;
    else moving = true;
  }
  return { moving, waiting, signature: sockets.replace(timers, '') };
}

/** How many packets wait for a CPU, on the whole machine. */
function packetsQueued(): number {
  let packets = 0;
  for (const line of readProc('/proc/net/softnet_stat').split('\n')) {
    const length = line.split(' ')[11];
    if (length !== undefined) packets += Number.parseInt(length, 16);
  }
  return packets;
}
