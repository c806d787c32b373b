/** Streams that come in pieces, wake for nothing, or are reset. */

import type { file } from '../../kernel/file.ts';
import { Changes, Takes, type Touch, touchOf } from '../../kernel/footprint.ts';
import type { Shortfall } from '../../kernel/liberty.ts';
import { hlist_empty } from '../../kernel/list.ts';
import type { Kernel } from '../../kernel/op.ts';
import { irqExit } from '../../kernel/softirq.ts';
import { __netif_rx } from '../../net/dev.ts';
import { TCPHDR_RST, TcpSegment } from '../../net/ipv4/tcp_skb.ts';
import { tcp_sock } from '../../net/ipv4/tcp_sock.ts';
import { sock_net } from '../../net/sock.ts';
import type { Liberty, LibertyKind } from '../liberty.ts';
import {
  connectionOf,
  isDivisible,
  isPipe,
  type Opened,
  readersOf,
  streamOf,
  wakeWatchers,
  watchersOf,
} from './files.ts';

/** Numbers for transfers that are to fall short, above those of newIdentity(). */
const TRANSFERS = 2 ** 44;

/** What the next read, or write, of a stream touches beside the stream. */
export const transferOf = (stream: { readonly identity: number }, writes: boolean): number =>
  TRANSFERS + stream.identity * 2 + (writes ? 1 : 0);

const ways: readonly { readonly how: Shortfall; readonly detail: string }[] = [
  { how: 'first', detail: '1 byte' },
  { how: 'last', detail: 'all but 1 byte' },
  { how: 'none', detail: 'EAGAIN' },
];

const kindOf = (how: Shortfall, writes: boolean): LibertyKind =>
  how === 'none' ? 'eagain' : writes ? 'short-write' : 'short-read';

/** Lets the next transfer fall short in this way. */
export type Shorten = (stream: object, writes: boolean, how: Shortfall) => void;

/** Transfers that may fall short, of the kinds asked for, as long as none of the stream is to. */
export function shortTransfers(
  files: readonly Opened[],
  kinds: ReadonlySet<LibertyKind>,
  isPending: (stream: object, writes: boolean) => boolean,
  shorten: Shorten,
): Liberty[] {
  const found: Liberty[] = [];
  for (const { f, fd } of files) {
    const stream = streamOf(f);
    if (stream === null) continue;
    for (const writes of [false, true]) {
      if (!isDivisible(f, writes) || isPending(stream, writes)) continue;
      for (const [place, { how, detail }] of ways.entries()) {
        const kind = kindOf(how, writes);
        if (!kinds.has(kind) || (kind === 'eagain' && isPipe(f))) continue;
        found.push({
          kind,
          id: (stream.identity * 2 + (writes ? 1 : 0)) * ways.length + place,
          touches: [touchOf(transferOf(stream, writes), Changes)],
          task: writes ? 'write' : 'read',
          file: f,
          fd,
          detail,
          *take(): Kernel<void> {
            shorten(stream, writes, how);
          },
        });
      }
    }
  }
  return found;
}

const isWatched = ({ f_ep }: file): boolean => f_ep !== null && !hlist_empty(f_ep);

/** Wakeups of watched streams without news. */
export function wakeups(files: readonly Opened[]): Liberty[] {
  return files.flatMap(({ f, fd }) => {
    const stream = streamOf(f);
    if (stream === null || !isWatched(f) || !isDivisible(f, false)) return [];
    const { lock } = readersOf(f);
    if (lock.owner !== null) return [];
    const touches = [touchOf(lock.identity, Takes), ...watchersOf(f)];
    const take = (): Kernel<void> => wakeWatchers(f, false);
    return [
      {
        kind: 'spurious-wakeup',
        id: stream.identity,
        touches,
        task: '',
        file: f,
        fd,
        detail: '',
        take,
      },
    ];
  });
}

/** Connections that a reset can reach: both ends of them that are here. */
export function resets(files: readonly Opened[]): Liberty[] {
  const found: Liberty[] = [];
  const ends = new Map<string, tcp_sock>();
  for (const opened of files) {
    const sk = connectionOf(opened.f);
    if (sk !== null) ends.set(nameOf(sk), sk);
  }
  for (const opened of files) {
    const sk = connectionOf(opened.f);
    if (sk === null) continue;
    const peer = ends.get(peerOf(sk)) ?? unaccepted(sk);
    if (peer !== sk && peer !== null && peer.identity < sk.identity) continue;
    found.push(resetOf(sk, peer, opened));
  }
  return found;
}

/** The other end, where nobody has accepted it yet. */
function unaccepted(sk: tcp_sock): tcp_sock | null {
  const { inet_daddr, inet_dport, inet_saddr, inet_sport } = sk;
  const there = { laddr: inet_daddr, lport: inet_dport, raddr: inet_saddr, rport: inet_sport };
  const found = sock_net(sk).ipv4.tcp_hashinfo.find(there);
  return found instanceof tcp_sock ? found : null;
}

const nameOf = ({ inet_daddr, inet_dport, inet_saddr, inet_sport }: tcp_sock): string =>
  `${inet_saddr}:${inet_sport} ${inet_daddr}:${inet_dport}`;
const peerOf = ({ inet_daddr, inet_dport, inet_saddr, inet_sport }: tcp_sock): string =>
  `${inet_daddr}:${inet_dport} ${inet_saddr}:${inet_sport}`;

const resetOf = (sk: tcp_sock, peer: tcp_sock | null, { f, fd }: Opened): Liberty => ({
  kind: 'reset',
  id: sk.identity * 2 + (peer === null ? 0 : 1),
  touches: [sk, ...(peer === null ? [] : [peer])].flatMap(touchedByReset),
  task: '',
  file: f,
  fd,
  detail: '',
  *take(): Kernel<void> {
    receiveReset(sk);
    if (peer !== null) receiveReset(peer);
    yield* irqExit();
  },
});

const touchedByReset = (sk: tcp_sock): Touch[] => {
  const f = sk.sk_socket?.file ?? null;
  return [
    touchOf(sk.sk_lock.slock.identity, Takes),
    touchOf(sk.identity, Changes),
    ...(f === null ? [] : watchersOf(f)),
  ];
};

/**
 * A segment with RST comes, as from the peer. Its number is the next one whenever it is looked at: while
 * it waits in a backlog, or for a lock, others may arrive.
 */
function receiveReset(sk: tcp_sock): void {
  const skb = new TcpSegment();
  skb.saddr = sk.inet_daddr;
  skb.daddr = sk.inet_saddr;
  skb.source = sk.inet_dport;
  skb.dest = sk.inet_sport;
  const next = { get: (): number => sk.rcv_nxt };
  Object.defineProperties(skb, { seq: next, end_seq: next });
  skb.tcp_flags = TCPHDR_RST;
  skb.dev = sk.sk_dst_dev;
  __netif_rx(skb);
}
