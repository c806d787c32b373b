/** Addresses of sockets, as they lie in memory. */
import { AF_INET, AF_UNIX } from '../../src/kernel/uapi/socket.ts';
import { addressText, sunPath } from '../../src/scenario/address.ts';
import type { Target } from '../../src/scenario/kinds.ts';
import type { Surroundings } from './encode.ts';

/** Larger than any of them. */
export const roomForAddress = 128;

export function sockaddrIn(port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.writeUInt32BE(0x7f000001, 4);
  return bytes;
}

/** An abstract name is as long as it is; a path ends with a zero. */
export function sockaddrUn(path: string): Buffer {
  const name = sunPath(path);
  const bytes = Buffer.alloc(2 + name.length + (name.startsWith('\0') ? 0 : 1));
  bytes.writeUInt16LE(AF_UNIX, 0);
  bytes.write(name, 2, 'latin1');
  return bytes;
}

/** Where something is to go. */
export function targetOf(to: Target, at: Surroundings): Buffer {
  if (to === null) return Buffer.alloc(16); // AF_UNSPEC
  if (typeof to === 'object' && 'path' in to) return sockaddrUn(to.path);
  if (typeof to === 'object' && 'port' in to) return sockaddrIn(to.port);
  return at.addressOf(to);
}

/** Who has sent something, as a transcript shows it; undefined where nobody says. */
export function sender(bytes: Buffer, length: number): string | undefined {
  if (length === 0) return undefined;
  if (bytes.readUInt16LE(0) !== AF_UNIX)
    return addressText({ addr: bytes.readInt32BE(4), port: bytes.readUInt16BE(2) });
  if (length <= 2) return addressText({ path: null });
  const name = bytes.toString('latin1', 2, length);
  return addressText({ path: name.startsWith('\0') ? name : name.replace(/\0$/, '') });
}

/** Whether the address that getsockname() stored says where the socket is. */
export function isBound(bytes: Buffer, length: number): boolean {
  return bytes.readUInt16LE(0) === AF_UNIX ? length > 2 : bytes.readUInt16BE(2) !== 0;
}
