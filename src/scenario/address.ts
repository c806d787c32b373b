/**
 * Addresses as a scenario shows them.
 *
 * A number or name that the system chose says nothing, and is shown as "*".
 */

/** What a socket is bound to; a path begins with a zero where it is abstract. */
export type ShownAddress =
  | { readonly port: number; readonly addr: number }
  /** Of an AF_UNIX socket; null where it has no name. */
  | { readonly path: string | null };

/** ip_local_port_range begins here. */
const firstChosenPort = 32768;
const chosenName = /^\0[0-9a-f]{5}$/;

export function addressText(address: ShownAddress): string {
  if ('port' in address) {
    const { addr, port } = address;
    const host = [addr >>> 24, (addr >> 16) & 255, (addr >> 8) & 255, addr & 255].join('.');
    return `${host}:${port < firstChosenPort ? port : '*'}`;
  }
  const { path } = address;
  if (path === null) return 'unnamed';
  if (!path.startsWith('\0')) return path;
  return chosenName.test(path) ? '@*' : `@${path.slice(1)}`;
}

/** A socket's name as bind() and connect() have it; `folder` is where paths begin. */
export const sunPath = (path: string, folder = ''): string =>
  path.startsWith('@') ? `\0${path.slice(1)}` : folder + path;
