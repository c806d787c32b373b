/** What is counted and permitted per user. Linux: include/linux/sched/user.h, include/linux/capability.h. */
import { current } from './current.ts';
import { newIdentity } from './footprint.ts';

export const CAP_NET_ADMIN = 12;
export const CAP_NET_RAW = 13;
export const CAP_SYS_RESOURCE = 24;
export const CAP_SYS_TIME = 25;
export const CAP_WAKE_ALARM = 35;
export const CAP_BLOCK_SUSPEND = 36;

/** Ours: what the one user of a machine may do, as far as anybody asks. */
export const grantedCapabilities: ReadonlySet<number> = new Set([
  CAP_NET_ADMIN,
  CAP_SYS_TIME,
  CAP_WAKE_ALARM,
  CAP_BLOCK_SUSPEND,
]);

export class user_struct {
  readonly uid: number;
  /** Items in all epoll instances of this user; the limit is max_user_watches. */
  epoll_watches = 0;
  /** Open files in messages that are under way. */
  unix_inflight = 0;
  // Ours:
  readonly identity: number = newIdentity();
  /** Capabilities of this user's processes. */
  capabilities: ReadonlySet<number>;

  constructor(uid: number, capabilities: ReadonlySet<number>) {
    this.uid = uid;
    this.capabilities = capabilities;
  }
}

export const capable = (cap: number): boolean => current.user.capabilities.has(cap);
