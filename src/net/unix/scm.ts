/** Open files in the messages of sockets. Linux: net/unix/af_unix.c. */
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { ETOOMANYREFS } from '../../kernel/uapi/errno.ts';
import { SO_PASSRIGHTS } from '../../kernel/uapi/socket.ts';
import { CAP_SYS_RESOURCE, capable } from '../../kernel/user.ts';
import { scm_cookie, scm_destroy, scm_fp_dup } from '../scm.ts';
import type { sk_buff } from '../skbuff.ts';
import { sock_wfree } from '../wmem.ts';
import type { unix_sock } from './types.ts';

/** Has the user more files under way than a process may have open? */
const too_many_unix_fds = (): boolean =>
  current.user.unix_inflight > current.files.nofile && !capable(CAP_SYS_RESOURCE);

/** Does the packet carry files to a socket that takes none (SO_PASSRIGHTS)? */
export const refusesFiles = (other: unix_sock, skb: sk_buff): boolean =>
  skb.fp !== null && other.kept?.get(SO_PASSRIGHTS) === 0;

/** Takes the files out of a packet. */
export function unix_detach_fds(scm: scm_cookie, skb: sk_buff): void {
  scm.fp = skb.fp;
  skb.fp = null;
  current.user.unix_inflight -= scm.fp?.length ?? 0;
}

/** MSG_PEEK: the receiver gets the files, and whoever reads the packet gets them again. */
export function unix_peek_fds(scm: scm_cookie, skb: sk_buff): void {
  if (skb.fp !== null) scm.fp = scm_fp_dup(skb.fp);
}

/** A packet is freed that nobody has taken the files of. */
function* unix_destruct_scm(skb: sk_buff): Kernel<void> {
  const scm = new scm_cookie();
  if (skb.fp !== null) unix_detach_fds(scm, skb);
  scm_destroy(scm);
  yield* sock_wfree(skb);
}

/** Puts what goes along into the packet: the sender, and the files if they are still there; 0 or -errno. */
export function unix_scm_to_skb(scm: scm_cookie, skb: sk_buff): number {
  skb.pid = scm.pid;
  if (scm.fp === null) return 0;
  if (too_many_unix_fds()) return -ETOOMANYREFS;
  skb.fp = scm.fp;
  scm.fp = null;
  skb.destructor = unix_destruct_scm;
  current.user.unix_inflight += skb.fp.length;
  return 0;
}
