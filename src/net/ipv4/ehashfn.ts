/**
 * A number for both ends of a packet's way, spread over 32 bits.
 * Linux: include/net/inet_sock.h (__inet_ehashfn), net/ipv4/inet_hashtables.c.
 *
 * Differs from Linux: another function, and the secret follows from the machine's seed.
 */
import { current } from '../../kernel/current.ts';

export function __inet_ehashfn(laddr: number, lport: number, faddr: number, fport: number): number {
  let hash = 0x9e37_79b9 ^ current.kernel.inet_ehash_secret;
  for (const word of [laddr, faddr, lport * 65_536 + fport]) {
    hash = Math.imul(hash ^ word, 0x85eb_ca6b);
    hash ^= hash >>> 15;
  }
  return Math.imul(hash, 0xc2b2_ae35) >>> 0;
}

export const inet_ehashfn = (laddr: number, lport: number, faddr: number, fport: number): number =>
  (lport + __inet_ehashfn(laddr, 0, faddr, fport)) >>> 0;
