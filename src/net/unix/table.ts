/**
 * Where bound sockets are found: by a path of the file system, or by an abstract name.
 * Linux: net/unix/af_unix.c (unix_find_other, unix_find_bsd, unix_find_abstract),
 * include/net/netns/unix.h.
 *
 * A path outlives its socket: connecting to what is left is refused until somebody unlinks it. An
 * abstract name begins with a zero byte and is free again when its socket is closed; sockets of
 * different types may have the same one.
 *
 * Differs from Linux: one table and one lock; every directory exists and nothing but sockets is in
 * it; sockets without a name are in no table.
 */
import type { Kernel } from '../../kernel/op.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../../kernel/spinlock.ts';
import { ECONNREFUSED, EINVAL, ENOENT, EPROTOTYPE } from '../../kernel/uapi/errno.ts';
import { AF_UNIX } from '../../kernel/uapi/socket.ts';
import { currentNet } from '../net.ts';
import { sock_net } from '../sock.ts';
import type { sockaddr } from '../socket.ts';
import type { unix_sock } from './types.ts';

/** The name that a socket is bound to; the connections of a listener share the listener's. */
export class unix_address {
  readonly name: string;
  // Ours: as user mode sees it.
  readonly sockaddr: sockaddr;

  constructor(name: string) {
    this.name = name;
    this.sockaddr = { family: AF_UNIX, path: name };
  }
}

/** A name in the file system, and the socket that made it. */
export class UnixPath {
  readonly name: string;
  socket: unix_sock | null;

  constructor(name: string, socket: unix_sock | null) {
    this.name = name;
    this.socket = socket;
  }
}

/** What the family keeps for one network. */
export class netns_unix {
  /** Packets, or connections, that a socket lets wait; /proc/sys/net/unix/max_dgram_qlen. */
  sysctl_max_dgram_qlen = 10;
  readonly lock: spinlock_t = new spinlock_t('unix_table_lock');

  // Under lock:
  readonly paths: Map<string, UnixPath> = new Map();
  /** By type and name. */
  readonly abstract: Map<string, unix_sock> = new Map();

  // Ours:
  made = 0;
  autobound = 0;
}

const SUN_PATH_MAX = 108;

export const isAbstract = (name: string): boolean => name.startsWith('\0');
/** A path ends where C ends it. */
export const unix_mkname_bsd = (name: string): string => name.split('\0', 1)[0] as string;
export const abstractKey = (type: number, name: string): string => `${type}${name}`;

/** 0 for an address that can be a socket's, -EINVAL for others. */
export function unix_validate_addr({ family, path = '' }: sockaddr): number {
  const valid = family === AF_UNIX && path !== '' && path.length <= SUN_PATH_MAX;
  return valid ? 0 : -EINVAL;
}

function unix_find_bsd(unx: netns_unix, name: string, type: number): unix_sock | number {
  const found = unx.paths.get(unix_mkname_bsd(name));
  if (found === undefined) return -ENOENT;
  if (found.socket === null) return -ECONNREFUSED;
  return found.socket.sk_type === type ? found.socket : -EPROTOTYPE;
}

/** The socket that is bound to an address, or -errno. */
export function* unix_find_other(addr: sockaddr, type: number): Kernel<unix_sock | number> {
  const { unx } = currentNet();
  const name = addr.path as string;
  yield spin_lock(unx.lock);
  const found = isAbstract(name)
    ? (unx.abstract.get(abstractKey(type, name)) ?? -ECONNREFUSED)
    : unix_find_bsd(unx, name, type);
  spin_unlock(unx.lock);
  return found;
}

/** Takes a socket out of the tables; its path stays, and leads nowhere. */
export function* unix_remove_socket(sk: unix_sock): Kernel<void> {
  const { addr, path } = sk;
  if (addr === null) return;
  const { unx } = sock_net(sk);
  yield spin_lock(unx.lock);
  if (path !== null && path.socket === sk) path.socket = null;
  const key = abstractKey(sk.sk_type, addr.name);
  if (unx.abstract.get(key) === sk) unx.abstract.delete(key);
  spin_unlock(unx.lock);
}

/** Takes a name out of the file system; the socket keeps what it has. 0 or -ENOENT. */
export function* unlinkPath(name: string): Kernel<number> {
  const { unx } = currentNet();
  yield spin_lock(unx.lock);
  const found = unx.paths.delete(name);
  spin_unlock(unx.lock);
  return found ? 0 : -ENOENT;
}
