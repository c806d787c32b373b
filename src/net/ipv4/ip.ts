/** Packets of the internet protocol. Linux: include/uapi/linux/ip.h (struct iphdr). */
import type { net_device } from '../netdevice.ts';
import { sk_buff } from '../skbuff.ts';

export const ipHeader = 20;

/** An address as people write it: "127.0.0.1". */
export const addressText = (addr: number): string =>
  [addr >>> 24, (addr >>> 16) & 255, (addr >>> 8) & 255, addr & 255].join('.');

/** What a packet takes of the receiver's memory besides what its head does: half a page each. */
const RX_BUFFER = 2048;
export const rxTruesize = (bytes: number): number => Math.ceil(bytes / RX_BUFFER) * RX_BUFFER;

/** A packet on its way; each protocol has its own. */
export abstract class IpPacket extends sk_buff {
  // struct iphdr:
  readonly protocol: number;
  saddr = 0;
  daddr = 0;

  /** Where it came in, once it did. */
  dev: net_device | null = null;
  /** The NAPI instance that it came by; 0 for none. */
  napi_id = 0;

  constructor(protocol: number, data: Uint8Array, truesize: number) {
    super(data, truesize);
    this.protocol = protocol;
  }

  /** Bytes of the protocol's own header. */
  abstract get headerLength(): number;

  /** Bytes with all headers. */
  get length(): number {
    return ipHeader + this.headerLength + this.data.length;
  }

  /** The packet in a few words: "UDP 10.0.0.1:53 > 10.0.0.2:40000, 12 bytes". */
  abstract get text(): string;

  /**
   * As it comes off a wire: cut into packets of at most `mtu` bytes where that is the device's task,
   * each with memory of its own.
   */
  abstract frames(mtu: number): IpPacket[];

  /** The device has taken it: gives its share in the bytes up. */
  sent(): void {}
}
