/** Choosing the peer of a datagram socket. Linux: net/unix/af_unix.c (unix_dgram_connect). */
import { writesTo } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { EPERM } from '../../kernel/uapi/errno.ts';
import { AF_UNSPEC } from '../../kernel/uapi/socket.ts';
import { TCP_CLOSE, TCP_ESTABLISHED } from '../sock.ts';
import type { sockaddr, socket } from '../socket.ts';
import { unix_autobind } from './bind.ts';
import {
  freeUnkept,
  setPeer,
  unix_dgram_disconnected,
  unix_dgram_peer_wake_disconnect_wakeup,
} from './peer_wake.ts';
import { unix_find_other, unix_validate_addr } from './table.ts';
import {
  unix_may_passcred,
  unix_may_send,
  unix_sk,
  type unix_sock,
  unix_state_double_lock,
  unix_state_double_unlock,
  unix_state_lock,
  unix_state_unlock,
} from './types.ts';

/** The socket at an address, with its state lock and that of `sk` held; or -errno. */
function* findPeer(sk: unix_sock, addr: sockaddr): Kernel<unix_sock | number> {
  const err = unix_validate_addr(addr);
  if (err !== 0) return err;
  if (unix_may_passcred(sk) && sk.addr === null) yield* unix_autobind(sk);
  for (;;) {
    const other = yield* unix_find_other(addr, sk.sk_type);
    if (typeof other === 'number') return other;
    yield* unix_state_double_lock(sk, other);
    if (other.SOCK_DEAD) {
      unix_state_double_unlock(sk, other);
      continue; // Found just before it left the table.
    }
    if (unix_may_send(sk, other)) {
      writesTo(sk.identity);
      sk.sk_state = TCP_ESTABLISHED;
      writesTo(other.identity);
      other.sk_state = TCP_ESTABLISHED;
      return other;
    }
    unix_state_double_unlock(sk, other);
    return -EPERM;
  }
}

/** Any time anew; AF_UNSPEC for no peer. What an earlier peer sent is dropped. */
export function* unix_dgram_connect(sock: socket, addr: sockaddr): Kernel<number> {
  const sk = unix_sk(sock);
  let other: unix_sock | null = null;
  if (addr.family === AF_UNSPEC) {
    yield unix_state_lock(sk);
  } else {
    const found = yield* findPeer(sk, addr);
    if (typeof found === 'number') return found;
    other = found;
  }
  const old_peer = sk.peer;
  setPeer(sk, other);
  if (old_peer === null) {
    unix_state_double_unlock(sk, other);
    return 0;
  }
  writesTo(sk.identity);
  if (other === null) sk.sk_state = TCP_CLOSE;
  yield* unix_dgram_peer_wake_disconnect_wakeup(sk, old_peer);
  unix_state_double_unlock(sk, other);
  if (other !== old_peer) {
    yield* unix_dgram_disconnected(sk, old_peer);
    yield unix_state_lock(old_peer);
    writesTo(old_peer.identity);
    if (old_peer.peer === null) old_peer.sk_state = TCP_CLOSE;
    unix_state_unlock(old_peer);
    freeUnkept(old_peer);
  }
  return 0;
}
