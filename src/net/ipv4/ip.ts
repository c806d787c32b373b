/** Packets of the internet protocol. Linux: include/uapi/linux/ip.h (struct iphdr). */
import type { net_device } from '../dev.ts';
import { sk_buff } from '../skbuff.ts';

export const ipHeader = 20;

/** A packet on its way; each protocol has its own. */
export class IpPacket extends sk_buff {
  // struct iphdr:
  readonly protocol: number;
  saddr = 0;
  daddr = 0;

  /** Where it came in, once it did. */
  dev: net_device | null = null;

  constructor(protocol: number, data: Uint8Array, truesize: number) {
    super(data, truesize);
    this.protocol = protocol;
  }

  /** Bytes of the protocol's own header. */
  get headerLength(): number {
    return 0;
  }
}
