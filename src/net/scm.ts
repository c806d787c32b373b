/**
 * What goes with a message: open files, and who sends it. Linux: net/core/scm.c, include/net/scm.h.
 *
 * A descriptor that is sent becomes a reference to its open file at once; the sender may close it.
 * The file stays open, and stays in every epoll that watches it, for as long as the message is under
 * way; the receiver gets a number of its own for the same open file.
 *
 * Differs from Linux: who calls sendmsg() gives back what was not sent; uid and gid are always 0.
 */
import { current } from '../kernel/current.ts';
import {
  fd_install,
  fdget,
  type file,
  fput,
  get_file,
  get_unused_fd_flags,
} from '../kernel/file.ts';
import type { Kernel } from '../kernel/op.ts';
import { EBADF, EINVAL, EPERM, ESRCH } from '../kernel/uapi/errno.ts';
import { O_CLOEXEC } from '../kernel/uapi/fcntl.ts';
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  SCM_CREDENTIALS,
  SCM_RIGHTS,
  SO_PASSCRED,
  SOL_SOCKET,
} from '../kernel/uapi/socket.ts';
import { keptOption, type sock } from './sock.ts';
import type { cmsghdr, msghdr, socket } from './socket.ts';

/** Who sends: the data of SCM_CREDENTIALS, see unix(7). */
export interface ucred {
  /** The process. */
  pid: number;
  /** Its user id. */
  uid: number;
  /** Its group id. */
  gid: number;
}

export class scm_cookie {
  fp: file[] | null = null;
  /** 0 where the sender has not said who it is. */
  pid = 0;
}

/** The most descriptors of one message. */
export const SCM_MAX_FD = 253;

/** Where nobody is known. */
const overflowuid = 65534;

/** sizeof(struct cmsghdr), and the room of a message with `len` bytes of data. */
const HEADER = 16;
const CMSG_LEN = (len: number): number => HEADER + len;
const CMSG_SPACE = (len: number): number => HEADER + Math.ceil(len / 8) * 8;

/** Takes references to the files; 0 or -errno. */
function scm_fp_copy(fds: readonly number[], scm: scm_cookie): number {
  if (fds.length === 0) return 0;
  const fp = (scm.fp ??= []);
  if (fp.length + fds.length > SCM_MAX_FD) return -EINVAL;
  for (const fd of fds) {
    const f = fdget(fd);
    if (f === null) return -EBADF;
    fp.push(f);
  }
  return 0;
}

/** May the running task say that it is this one? Only if it is. */
const scm_check_creds = ({ pid, uid, gid }: ucred): boolean =>
  pid === current.tgid && uid === current.user.uid && gid === current.user.uid;

function sendOne(sock: socket, { type, data }: cmsghdr, scm: scm_cookie): number {
  if (type === SCM_RIGHTS) {
    return sock.ops.family === AF_UNIX ? scm_fp_copy(data as readonly number[], scm) : -EINVAL;
  }
  if (type !== SCM_CREDENTIALS) return -EINVAL;
  const creds = data as ucred;
  if (!scm_check_creds(creds)) return -EPERM;
  if (!current.kernel.tasks.has(creds.pid)) return -ESRCH;
  scm.pid = creds.pid;
  return 0;
}

/** Looks at what is to go with a message, and keeps it in `msg.scm`; 0 or -errno. */
export function __scm_send(sock: socket, msg: msghdr): number {
  const scm = new scm_cookie();
  msg.scm = scm;
  for (const cmsg of msg.msg_control ?? []) {
    if (cmsg.level !== SOL_SOCKET) continue;
    const err = sendOne(sock, cmsg, scm);
    if (err < 0) return err;
  }
  return 0;
}

/** Gives back what was not handed on, the last file first. */
export function scm_destroy(scm: scm_cookie): void {
  const { fp } = scm;
  scm.fp = null;
  if (fp !== null) for (let i = fp.length - 1; i >= 0; i--) fput(fp[i] as file);
}

export const scm_fp_dup = (fp: readonly file[]): file[] => fp.map(get_file);

/** Appends to what a receiver is told. Data that does not fit is cut (by `cut`), and MSG_CTRUNC says so. */
export function put_cmsg(
  msg: msghdr,
  { level, type, data }: cmsghdr,
  len: number,
  cut: (length: number) => unknown,
): void {
  if (msg.msg_control === null || msg.msg_controllen < HEADER) {
    msg.msg_flags |= MSG_CTRUNC;
    return;
  }
  const fits = msg.msg_controllen >= CMSG_LEN(len);
  if (!fits) msg.msg_flags |= MSG_CTRUNC;
  const whole = fits ? data : cut(msg.msg_controllen - HEADER);
  msg.msg_control.push({ level, type, data: whole });
  msg.msg_controllen -= Math.min(CMSG_SPACE(len), msg.msg_controllen);
}

/** Ours: as put_cmsg(), of an int. */
export const putInt = (msg: msghdr, level: number, type: number, data: number): void =>
  put_cmsg(msg, { level, type, data }, 4, (length) => data & ((1 << (8 * length)) - 1));

/** The members that fit into so many bytes. */
const cutCreds =
  (creds: ucred) =>
  (length: number): Partial<ucred> => ({
    ...(length >= 4 ? { pid: creds.pid } : {}),
    ...(length >= 8 ? { uid: creds.uid } : {}),
  });

/** How many descriptors there is room for. */
const scm_max_fds = (msg: msghdr): number =>
  Math.max(Math.floor((msg.msg_controllen - HEADER) / 4), 0);

/** Gives the receiver descriptors for the files, as many as fit and as it may open. */
export function* scm_detach_fds(msg: msghdr, scm: scm_cookie): Kernel<void> {
  const fp = scm.fp ?? [];
  const flags = (msg.msg_flags & MSG_CMSG_CLOEXEC) !== 0 ? O_CLOEXEC : 0;
  const fdmax = Math.min(scm_max_fds(msg), fp.length);
  const fds: number[] = [];
  while (fds.length < fdmax) {
    const fd = yield* get_unused_fd_flags(flags);
    if (fd < 0) break;
    fd_install(fd, get_file(fp[fds.length] as file));
    fds.push(fd);
  }
  if (fds.length > 0) {
    msg.msg_control?.push({ level: SOL_SOCKET, type: SCM_RIGHTS, data: fds });
    msg.msg_controllen -= Math.min(CMSG_SPACE(4 * fds.length), msg.msg_controllen);
  }
  if (fds.length < fp.length) msg.msg_flags |= MSG_CTRUNC;
  scm_destroy(scm);
}

/** Tells the receiver what came along. `known`: was anything received at all? */
export function* scm_recv_unix(
  sk: sock,
  msg: msghdr,
  scm: scm_cookie,
  known: boolean,
): Kernel<void> {
  const passcred = sk.kept !== null && keptOption(sk, SO_PASSCRED) !== 0;
  if (msg.msg_control === null) {
    if (passcred || scm.fp !== null) msg.msg_flags |= MSG_CTRUNC;
    scm_destroy(scm);
    return;
  }
  if (passcred) {
    const id = known && scm.pid === 0 ? overflowuid : 0;
    const data: ucred = { pid: scm.pid, uid: id, gid: id };
    put_cmsg(msg, { level: SOL_SOCKET, type: SCM_CREDENTIALS, data }, 12, cutCreds(data));
  }
  if (scm.fp !== null) yield* scm_detach_fds(msg, scm);
}
