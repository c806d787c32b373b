/** What the network keeps in global variables, one set a machine. Linux: include/net/net_namespace.h. */
import { current } from '../kernel/current.ts';
import type { Globals } from '../kernel/globals.ts';
import { netns_unix } from './unix/table.ts';

export class net {
  readonly unx: netns_unix = new netns_unix();

  // Ours:
  readonly name = 'init_net';
}

export const init_net = (): net => current.kernel.net as net;

export function initNet(globals: Globals): void {
  globals.net = new net();
}
