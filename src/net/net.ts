/** What the network keeps in global variables, one set a machine. Linux: include/net/net_namespace.h. */
import type { Globals } from '../kernel/globals.ts';

export class net {
  // Ours:
  readonly name = 'init_net';
}

export function initNet(globals: Globals): void {
  globals.net = new net();
}
