/**
 * What functions were called before: the model has one body for all releases where nothing but the
 * name has changed, under the name of 6.18.
 */
import { rankOf } from '../kernel/history.ts';

/** The name now, the first release that has it, and the name until then. */
const renamed: readonly (readonly [now: string, since: string, before: string])[] = [
  ['anon_pipe_read', '6.15', 'pipe_read'],
  ['anon_pipe_write', '6.15', 'pipe_write'],
  ['signalfd_read_iter', '6.10', 'signalfd_read'],
  ['timerfd_read_iter', '6.10', 'timerfd_read'],
  ['__send_signal_locked', '5.19', '__send_signal'],
  ['begin_new_exec', '5.8', 'flush_old_exec'],
  ['do_epoll_ctl', '5.6', 'sys_epoll_ctl'],
];

const names: ReadonlyMap<string, { readonly since: number; readonly before: string }> = new Map(
  renamed.map(([now, since, before]) => [now, { since: rankOf(since), before }]),
);

/** What `fn` is called in the release of that rank. */
export function nameIn(fn: string, rank: number): string {
  const known = names.get(fn);
  return known !== undefined && rank < known.since ? known.before : fn;
}
