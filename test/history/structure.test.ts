/** The kernels of the sources that people read: their functions, one inside of the other. */
import { describe, expect, test } from 'vitest';
import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  Graph,
  type MachineOptions,
  type Program,
  type Sys,
} from '../../src/index.ts';
import { textOf, u64 } from '../trace/support/traced.ts';

/** The eventpoll functions of a function graph, indented as they are in it; repeated ones once. */
function calls(program: Program, options: MachineOptions): string[] {
  const lines = textOf((write) => new Graph(write), program, { cpus: 1, ...options })
    .split('\n')
    .map((line) => line.split(' |  ').at(-1) ?? '')
    .filter((call) => /^ +\w+\(\)(?: \{|;)/.test(call) && /ep_|epoll|lockless/.test(call))
    .map((call) => call.replace(/\(\).*/, ''));
  const least = Math.min(...lines.map((line) => /^ */.exec(line)?.[0].length ?? 0));
  return lines.map((line) => line.slice(least)).filter((line, i, all) => line !== all[i - 1]);
}

/** An eventfd in an epoll in an epoll; the outer one is asked. */
function* nested(sys: Sys): Code<void> {
  const ev = yield* sys.eventfd2(0, 0);
  const inner = yield* sys.epoll_create1(0);
  const outer = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(inner, EPOLL_CTL_ADD, ev, { events: EPOLLIN });
  yield* sys.epoll_ctl(outer, EPOLL_CTL_ADD, inner, { events: EPOLLIN });
  yield* sys.write(ev, u64(1n));
  yield* sys.epoll_wait(outer, 1, -1);
}

/** Where a call begins, and what is inside of it. */
function inside(lines: readonly string[], from: string): string[] {
  const start = lines.lastIndexOf(lines.find((line) => line.trim() === from) ?? '');
  const depth = (line: string): number => /^ */.exec(line)?.[0].length ?? 0;
  const first = lines[start] ?? '';
  const end = lines.findIndex((line, i) => i > start && depth(line) <= depth(first));
  return lines
    .slice(start, end < 0 ? undefined : end)
    .map((line) => line.slice(depth(first)))
    .filter((line, i, all) => line !== all[i - 1]);
}

describe('4.9, with one spinlock and ep_scan_ready_list', () => {
  test('a wait scans the outer epoll, and in it the inner one, one nested call deeper', () => {
    expect(inside(calls(nested, { kernel: '4.9' }), 'ep_poll')).toEqual([
      'ep_poll',
      '  ep_send_events',
      '    ep_scan_ready_list',
      '      ep_send_events_proc',
      '        ep_eventpoll_poll',
      '          ep_call_nested',
      '            ep_poll_readyevents_proc',
      '              ep_scan_ready_list',
      '                ep_read_events_proc',
      '                ep_poll_safewake', // Something is left: the watchers are told, in vain.
      '                  ep_call_nested',
      '                    ep_poll_wakeup_proc',
      '                      ep_poll_callback',
    ]);
  });

  test('a wakeup climbs by nested calls', () => {
    expect(inside(calls(nested, { kernel: '4.9' }), 'ep_poll_callback')).toEqual([
      'ep_poll_callback',
      '  ep_poll_safewake',
      '    ep_call_nested',
      '      ep_poll_wakeup_proc',
      '        ep_poll_callback',
    ]);
  });
});

describe('5.7-rc4, with a rwlock and lists without one', () => {
  test('a wait scans by ep_scan_ready_list, and the inner epoll without nested calls', () => {
    expect(inside(calls(nested, { kernel: '5.7-rc4' }), 'ep_poll')).toEqual([
      'ep_poll',
      '  ep_send_events',
      '    ep_scan_ready_list',
      '      ep_send_events_proc',
      '        ep_scan_ready_list',
      '          ep_read_events_proc',
    ]);
  });

  test('a callback appends by list_add_tail_lockless', () => {
    expect(inside(calls(nested, { kernel: '5.7-rc4' }), 'ep_poll_callback')).toEqual([
      'ep_poll_callback',
      '  list_add_tail_lockless',
      '  ep_poll_safewake',
      '    ep_poll_callback',
      '      list_add_tail_lockless',
    ]);
  });

  test('the check of a nested ADD goes by nested calls', () => {
    const added = inside(calls(nested, { kernel: '5.7-rc4' }), 'ep_loop_check');

    expect(added).toEqual(['ep_loop_check', '  ep_call_nested']);
  });
});

test('6.18 has none of that', () => {
  const names = calls(nested, {}).map((line) => line.trim());

  expect(names).toContain('ep_start_scan');
  expect(names.filter((name) => /nested|lockless|_proc$|ready_list/.test(name))).toEqual([]);
});
