/**
 * The knobs of TCP, one set a network: /proc/sys/net/ipv4. Linux: net/ipv4/sysctl_net_ipv4.c.
 */
import type { ctl_table } from '../../kernel/sysctl.ts';
import { HZ } from '../../kernel/timer.ts';
import type { net } from '../net.ts';
import type { netns_ipv4 } from './netns.ts';

const INT_MAX = 0x7fff_ffff;
const U8_MAX = 255;

/** The fields of netns_ipv4 that are numbers. */
type Field = {
  [K in keyof netns_ipv4]: netns_ipv4[K] extends number ? K : never;
}[keyof netns_ipv4] &
  `sysctl_${string}`;

/** One knob: between 0 and `most`, in so many parts of what the field counts. */
const knob = (ipv4: netns_ipv4, field: Field, most: number, unit = 1): ctl_table => ({
  procname: field.replace('sysctl_', ''),
  mode: 0o644,
  extra1: 0,
  extra2: most,
  get: () => ipv4[field] / unit,
  set: (value) => {
    ipv4[field] = value * unit;
  },
});

const ipv4_net_table = (ipv4: netns_ipv4): ctl_table[] => [
  knob(ipv4, 'sysctl_tcp_abort_on_overflow', U8_MAX),
  knob(ipv4, 'sysctl_tcp_fastopen', INT_MAX),
  knob(ipv4, 'sysctl_tcp_fin_timeout', INT_MAX / HZ, HZ),
  knob(ipv4, 'sysctl_tcp_keepalive_intvl', INT_MAX / HZ, HZ),
  knob(ipv4, 'sysctl_tcp_keepalive_probes', U8_MAX),
  knob(ipv4, 'sysctl_tcp_keepalive_time', INT_MAX / HZ, HZ),
  knob(ipv4, 'sysctl_tcp_synack_retries', U8_MAX),
  knob(ipv4, 'sysctl_tcp_syncookies', U8_MAX),
  knob(ipv4, 'sysctl_tcp_tw_reuse', 2),
  knob(ipv4, 'sysctl_tcp_tw_reuse_delay', INT_MAX),
];

/** Ours: the knob of a network at a path under /proc/sys. */
export const netKnob = ({ ipv4 }: net, path: string): ctl_table | undefined =>
  ipv4_net_table(ipv4).find(({ procname }) => path === `net/ipv4/${procname}`);
