/**
 * What a file lacks to be readable or writable, from its state at the moment: the figures beside the
 * test that its poll method makes.
 */
import { eventfd_ctx } from '../kernel/eventfd.ts';
import { eventpoll } from '../kernel/eventpoll/types.ts';
import { FMODE_READ, FMODE_WRITE, type file } from '../kernel/file.ts';
import type { Globals } from '../kernel/globals.ts';
import { dueAt } from '../kernel/hrtimer.ts';
import { fsnotify_group } from '../kernel/notify/backend.ts';
import { pidfd_pid } from '../kernel/pidfs.ts';
import { pipe_inode_info } from '../kernel/pipe_fs_i.ts';
import { sigismember, type sigset_t } from '../kernel/signal.ts';
import { signalfd_ctx } from '../kernel/signalfd.ts';
import { timerfd_ctx } from '../kernel/timerfd.ts';
import { isCanonical } from '../kernel/tty/n_tty.ts';
import { tty_struct } from '../kernel/tty/tty.ts';
import { EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM } from '../kernel/uapi/eventpoll.ts';
import { signalName } from '../kernel/uapi/names.ts';
import { seqDiff } from '../net/ipv4/seq.ts';
import type { tcp_sock } from '../net/ipv4/tcp_sock.ts';
import { SEND_SHUTDOWN, type sock, TCP_LISTEN, TCP_SYN_SENT } from '../net/sock.ts';
import { type proto_ops, socket } from '../net/socket.ts';
import { sk_stream_wspace } from '../net/stream.ts';
import { unix_recvq_full_lockless, unix_sock, unix_writable } from '../net/unix/types.ts';
import { sk_wmem_alloc_get } from '../net/wmem.ts';

/** Why there is nothing to read, and no room to write; null where that needs no words. */
export interface Shortfall {
  readonly reading: string | null;
  readonly writing: string | null;
  /** There is nothing at all to read, which the bits say as well. */
  readonly empty: boolean;
}

const nothing: Shortfall = { reading: null, writing: null, empty: false };
const empty: Shortfall = { ...nothing, empty: true };
export const readingBits: number = EPOLLIN | EPOLLRDNORM;
export const writingBits: number = EPOLLOUT | EPOLLWRNORM;

/** `nameOf`: what an object of the machine is called. */
export function shortfallOf(
  f: file,
  kernel: Globals,
  nameOf: (object: object) => string,
): Shortfall {
  const data = f.private_data;
  if (data instanceof pipe_inode_info) return ofPipe(f, data);
  if (data instanceof eventfd_ctx) return ofEventfd(data);
  if (data instanceof timerfd_ctx) return { ...nothing, reading: ofTimer(data, kernel) };
  if (data instanceof signalfd_ctx) return { ...nothing, reading: ofSignals(data, kernel) };
  if (data instanceof eventpoll) return { ...nothing, reading: ofInstance(data) };
  if (data instanceof tty_struct) return { ...nothing, reading: ofTerminal(data) };
  if (data instanceof fsnotify_group) return { ...empty, reading: 'no event waits in it' };
  if (data instanceof socket && data.sk !== null) {
    return ofSock(data.sk, data.ops, nameOf);
  }
  if (pidfd_pid(f) !== null) return { ...nothing, reading: 'the process has not ended' };
  return nothing;
}

/** What of it stands in the way of the bits that are asked for and are not there. */
export function lackText({ reading, writing }: Shortfall, missing: number): string | null {
  const parts = [
    (missing & readingBits) === 0 ? null : reading,
    (missing & writingBits) === 0 ? null : writing,
  ].filter((one) => one !== null);
  return parts.length === 0 ? null : parts.join('; ');
}

/** Each end has only one of the two. */
function ofPipe({ f_mode }: file, { max_usage, writers }: pipe_inode_info): Shortfall {
  const open = writers > 0 ? ', and a write end is still open' : '';
  return {
    empty: (f_mode & FMODE_READ) !== 0,
    reading:
      (f_mode & FMODE_READ) === 0
        ? 'the write end of a pipe never has it'
        : `the pipe is empty${open}`,
    writing:
      (f_mode & FMODE_WRITE) === 0
        ? 'the read end of a pipe never has it'
        : `each of its ${max_usage} slots is in use, and a read makes room only when it empties one`,
  };
}

const ofEventfd = ({ value }: { readonly value: bigint }): Shortfall => ({
  ...empty,
  reading: 'its count is 0',
  writing: `its count is ${value}, and nothing can be added to it`,
});

function ofTimer({ tmr }: timerfd_ctx, { hrtimers }: Globals): string {
  if (!tmr.queued) return 'its timer is not armed';
  const left = dueAt(tmr) - hrtimers.now_ns;
  return `its timer is due in ${Math.ceil(left / 1000) / 1000} ms`;
}

/** A poll of a signalfd is about whoever polls: whose signals there are. */
function ofSignals({ sigmask }: signalfd_ctx, kernel: Globals): string {
  const waiting: string[] = [];
  const groups = new Set<unknown>();
  for (const { comm, pending, signal } of kernel.tasks.values()) {
    waiting.push(...pendingText(pending.signal, sigmask, `${comm} alone`));
    if (groups.has(signal)) continue;
    groups.add(signal);
    waiting.push(...pendingText(signal.shared_pending.signal, sigmask, `the process of ${comm}`));
  }
  const rule = 'a signalfd tells of the pending signals of whoever polls it';
  return `${rule}, and ${waiting.length === 0 ? 'none is pending' : waiting.join(', ')}`;
}

/** `blind`: what the signalfd does not read. */
function pendingText(set: sigset_t, blind: sigset_t, who: string): string[] {
  const found: string[] = [];
  for (let sig = 1; sig <= 64; sig++) {
    if (!sigismember(set, sig)) continue;
    const more = sigismember(blind, sig) ? ', which is not in its mask' : '';
    found.push(`${signalName(sig)} is pending for ${who}${more}`);
  }
  return found;
}

function ofInstance({ rbr }: eventpoll): string {
  const items = rbr.tree.length;
  if (items === 0) return 'nothing is registered in it';
  return `on its ready list is no item that has anything (of ${items} in the set)`;
}

function ofTerminal(tty: tty_struct): string {
  const { canon_head, read_head, read_tail } = tty.disc_data;
  if (!isCanonical(tty)) return 'there is no input, or less than VMIN asks for';
  if (read_head === canon_head) return 'there is no input';
  return `the line is not over (${read_head - read_tail} characters wait for its end)`;
}

function ofSock(sk: sock, { name }: proto_ops, nameOf: (object: object) => string): Shortfall {
  if (sk.sk_state === TCP_LISTEN) {
    return { ...empty, reading: 'no connection waits to be accepted' };
  }
  if (name === 'TCP') return ofTcp(sk as tcp_sock);
  const reading = 'its receive queue is empty';
  if (sk instanceof unix_sock) return { ...empty, reading, writing: roomOfUnix(sk, nameOf) };
  return {
    ...empty,
    reading,
    writing: `${sk_wmem_alloc_get(sk)} bytes are under way, and sock_writeable() wants less than half of SO_SNDBUF, ${sk.sk_sndbuf >> 1}`,
  };
}

function roomOfUnix(sk: unix_sock, nameOf: (object: object) => string): string {
  const { peer, sk_sndbuf, sk_state } = sk;
  if (unix_writable(sk, sk_state) && peer !== null && unix_recvq_full_lockless(peer)) {
    const where = peer.sk_socket === null ? 'its peer' : nameOf(peer.sk_socket);
    return `${peer.sk_receive_queue.list.length} messages wait at ${where}, more than its backlog of ${peer.sk_max_ack_backlog}`;
  }
  return `the packets that the peer has not used up take ${sk_wmem_alloc_get(sk)} bytes, and unix_writable() wants no more than a quarter of SO_SNDBUF, ${sk_sndbuf >> 2}`;
}

function ofTcp(sk: tcp_sock): Shortfall {
  if (sk.sk_state === TCP_SYN_SENT) {
    return { ...nothing, reading: 'it is not connected yet', writing: 'it is not connected yet' };
  }
  const there = seqDiff(sk.rcv_nxt, sk.copied_seq);
  return { reading: dataOfTcp(sk, there), writing: roomOfTcp(sk), empty: there <= 0 };
}

function dataOfTcp(sk: tcp_sock, there: number): string {
  if (there <= 0) return 'its receive queue is empty';
  if (sk.urg_data !== 0 && sk.urg_seq === sk.copied_seq && !sk.SOCK_URGINLINE) {
    return 'the urgent byte is next to be read, and does not count as data';
  }
  return `${there} bytes are there, and SO_RCVLOWAT asks for ${sk.sk_rcvlowat}`;
}

function roomOfTcp(sk: tcp_sock): string | null {
  if ((sk.sk_shutdown & SEND_SHUTDOWN) !== 0) return null;
  if (!sk.stream_memory_free(1)) {
    const unsent = (sk.write_seq - sk.snd_nxt) >>> 0;
    return `${unsent} bytes are not sent yet, and TCP_NOTSENT_LOWAT, ${sk.notsent_lowat}, makes it writable again below half of that`;
  }
  return `of its send buffer of ${sk.sk_sndbuf} bytes ${sk.sk_wmem_queued} are in use until the peer acknowledges them, and sk_stream_is_writeable() wants a third free (${Math.max(sk_stream_wspace(sk), 0)} are)`;
}
