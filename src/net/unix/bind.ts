/** Giving a socket a name, and asking for names. Linux: net/unix/af_unix.c. */
import { writesTo } from '../../kernel/footprint.ts';
import { filename_create, vfs_mknod, vfs_unlink } from '../../kernel/fs/create.ts';
import { dget } from '../../kernel/fs/dcache.ts';
import { inode_unlock } from '../../kernel/fs/inode.ts';
import { mutex_lock, mutex_unlock } from '../../kernel/mutex.ts';
import type { Kernel } from '../../kernel/op.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { EADDRINUSE, EEXIST, EINVAL, ENOTCONN } from '../../kernel/uapi/errno.ts';
import { AT_FDCWD } from '../../kernel/uapi/fcntl.ts';
import { AF_UNIX } from '../../kernel/uapi/socket.ts';
import { S_IFSOCK } from '../../kernel/uapi/stat.ts';
import { sock_net } from '../sock.ts';
import type { msghdr, sockaddr, socket } from '../socket.ts';
import {
  abstractKey,
  isAbstract,
  unix_address,
  unix_mkname_bsd,
  unix_validate_addr,
} from './table.ts';
import { unix_peer_get, unix_sk, type unix_sock } from './types.ts';

/** Binds to the next abstract name of five hex digits that is free; nothing if bound already. */
export function* unix_autobind(sk: unix_sock): Kernel<number> {
  const { unx } = sock_net(sk);
  yield mutex_lock(sk.bindlock);
  if (sk.addr === null) {
    yield spin_lock(unx.lock);
    let name: string;
    do {
      name = `\0${(++unx.autobound).toString(16).padStart(5, '0')}`;
    } while (unx.abstract.has(abstractKey(sk.sk_type, name)));
    unx.abstract.set(abstractKey(sk.sk_type, name), sk);
    writesTo(sk.identity);
    sk.addr = new unix_address(name);
    spin_unlock(unx.lock);
  }
  mutex_unlock(sk.bindlock);
  return 0;
}

/** Makes the path first: an existing one is refused whatever the socket's own state is. */
function* unix_bind_bsd(sk: unix_sock, path: string): Kernel<number> {
  const { unx } = sock_net(sk);
  const name = unix_mkname_bsd(path);
  const nd = yield* filename_create(AT_FDCWD, name, false);
  if (typeof nd === 'number') return nd === -EEXIST ? -EADDRINUSE : nd;
  const dir = nd.dir.d_inode;
  const made = yield* vfs_mknod(nd, S_IFSOCK | 0o755, null);
  if (typeof made === 'number') {
    inode_unlock(dir);
    return made;
  }
  yield mutex_lock(sk.bindlock);
  const bound = sk.addr !== null;
  if (!bound) {
    yield spin_lock(unx.lock);
    unx.bsd.set(made.d_inode, sk);
    sk.path = dget(made);
    writesTo(sk.identity);
    sk.addr = new unix_address(name);
    spin_unlock(unx.lock);
  }
  mutex_unlock(sk.bindlock);
  if (bound) yield* vfs_unlink(dir, made);
  inode_unlock(dir);
  return bound ? -EINVAL : 0;
}

function* unix_bind_abstract(sk: unix_sock, name: string): Kernel<number> {
  const { unx } = sock_net(sk);
  const key = abstractKey(sk.sk_type, name);
  yield mutex_lock(sk.bindlock);
  let err = 0;
  if (sk.addr !== null) {
    err = -EINVAL;
  } else {
    yield spin_lock(unx.lock);
    if (unx.abstract.has(key)) {
      err = -EADDRINUSE;
    } else {
      unx.abstract.set(key, sk);
      writesTo(sk.identity);
      sk.addr = new unix_address(name);
    }
    spin_unlock(unx.lock);
  }
  mutex_unlock(sk.bindlock);
  return err;
}

/** Without a path, the kernel chooses an abstract name. */
export function* unix_bind(sock: socket, addr: sockaddr): Kernel<number> {
  const sk = unix_sk(sock);
  const { family, path = '' } = addr;
  if (family === AF_UNIX && path === '') return yield* unix_autobind(sk);
  const err = unix_validate_addr(addr);
  if (err !== 0) return err;
  return yield* isAbstract(path) ? unix_bind_abstract(sk, path) : unix_bind_bsd(sk, path);
}

const unnamed: sockaddr = { family: AF_UNIX };

/** The socket's own address, or its peer's; without a path if that is not bound. */
export function* unix_getname(sock: socket, peer: boolean): Kernel<sockaddr | number> {
  const sk = peer ? yield* unix_peer_get(unix_sk(sock)) : unix_sk(sock);
  return sk === null ? -ENOTCONN : (sk.addr?.sockaddr ?? unnamed);
}

/** Fills in who sent a packet, where the sender is bound. */
export function unix_copy_addr(msg: msghdr, sk: unix_sock): void {
  if (sk.addr !== null) msg.msg_name = sk.addr.sockaddr;
}
