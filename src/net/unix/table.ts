/**
 * Where bound sockets are found: by a path of the file system, or by an abstract name.
 * Linux: net/unix/af_unix.c (unix_find_other, unix_find_bsd, unix_find_abstract),
 * include/net/netns/unix.h.
 *
 * A path outlives its socket: connecting to what is left is refused until somebody unlinks it. An
 * abstract name begins with a zero byte and is free again when its socket is closed; sockets of
 * different types may have the same one.
 *
 * Differs from Linux: one lock for all names; sockets without a name are in no table.
 */
import type { inode } from '../../kernel/fs/inode.ts';
import { user_path_at } from '../../kernel/fs/namei.ts';
import type { Kernel } from '../../kernel/op.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../../kernel/spinlock.ts';
import { ECONNREFUSED, EINVAL, EPROTOTYPE } from '../../kernel/uapi/errno.ts';
import { AT_FDCWD } from '../../kernel/uapi/fcntl.ts';
import { AF_UNIX } from '../../kernel/uapi/socket.ts';
import { S_IFMT, S_IFSOCK } from '../../kernel/uapi/stat.ts';
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

/** What the family keeps for one network. */
export class netns_unix {
  /** Packets, or connections, that a socket lets wait; /proc/sys/net/unix/max_dgram_qlen. */
  sysctl_max_dgram_qlen = 10;
  readonly lock: spinlock_t = new spinlock_t('unix_table_lock');

  // Under lock:
  /** By the inode that bind() made. */
  readonly bsd: Map<inode, unix_sock> = new Map();
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

/** The socket that is bound to a path, which stays when the socket is gone. */
function* unix_find_bsd(unx: netns_unix, name: string, type: number): Kernel<unix_sock | number> {
  const path = yield* user_path_at(AT_FDCWD, unix_mkname_bsd(name), false);
  if (typeof path === 'number') return path;
  if ((path.d_inode.i_mode & S_IFMT) !== S_IFSOCK) return -ECONNREFUSED;
  yield spin_lock(unx.lock);
  const found = unx.bsd.get(path.d_inode);
  spin_unlock(unx.lock);
  if (found === undefined) return -ECONNREFUSED;
  return found.sk_type === type ? found : -EPROTOTYPE;
}

/** The socket that is bound to an address, or -errno. */
export function* unix_find_other(addr: sockaddr, type: number): Kernel<unix_sock | number> {
  const { unx } = currentNet();
  const name = addr.path as string;
  if (!isAbstract(name)) return yield* unix_find_bsd(unx, name, type);
  yield spin_lock(unx.lock);
  const found = unx.abstract.get(abstractKey(type, name)) ?? -ECONNREFUSED;
  spin_unlock(unx.lock);
  return found;
}

/** Takes a socket out of the tables; its path stays, and leads nowhere. */
export function* unix_remove_socket(sk: unix_sock): Kernel<void> {
  const { addr, path } = sk;
  if (addr === null) return;
  const { unx } = sock_net(sk);
  yield spin_lock(unx.lock);
  if (path !== null && unx.bsd.get(path.d_inode) === sk) unx.bsd.delete(path.d_inode);
  const key = abstractKey(sk.sk_type, addr.name);
  if (unx.abstract.get(key) === sk) unx.abstract.delete(key);
  spin_unlock(unx.lock);
}
