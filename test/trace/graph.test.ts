import { expect, test } from 'vitest';
import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  Graph,
  type Program,
  randomSchedule,
  type Sys,
} from '../../src/index.ts';
import { aWhile, textOf, u64 } from './support/traced.ts';

const graphOf = (program: Program, seed = 0): string[] =>
  textOf((write) => new Graph(write), program, {
    cpus: 1,
    ...(seed === 0 ? {} : { schedule: randomSchedule(seed) }),
  }).split('\n');

/** The column of calls, from the line that has `first` to the one that ends it. */
function between(lines: readonly string[], first: string): string[] {
  const calls = lines.map((line) => line.split(' |  ').at(-1) ?? '');
  const start = calls.findIndex((call) => call.includes(first));
  const indent = /^ */.exec(calls[start] ?? '')?.[0] ?? '';
  const end = calls.findIndex((call, i) => i > start && call.startsWith(`${indent}}`));
  return calls.slice(start, end + 1).map((call) => call.slice(indent.length));
}

/** An event, an epoll that watches it, and one that watches that; a thread sleeps in each. */
function* twoEpolls(sys: Sys): Code<void> {
  const ev = yield* sys.eventfd2(0, 0);
  const inner = yield* sys.epoll_create1(0);
  const outer = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(inner, EPOLL_CTL_ADD, ev, { events: EPOLLIN });
  yield* sys.epoll_ctl(outer, EPOLL_CTL_ADD, inner, { events: EPOLLIN });
  for (const ep of [inner, outer]) {
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(ep, 1, -1);
    });
  }
  yield* sys.nanosleep(aWhile);
  yield* sys.write(ev, u64(1n));
}

/**
 * What a kernel engineer reads a function graph for: which callback ran inside of which, under
 * which locks. Here one write wakes two instances, the outer one from the callback of the inner.
 */
test('Graph shows the second of two nested callbacks inside of the first', () => {
  const lines = between(graphOf(twoEpolls), 'eventfd_write() {');

  expect(lines).toEqual([
    'eventfd_write() {',
    '  _raw_spin_lock_irqsave(eventfd3->wqh.lock);',
    '  ep_poll_callback() {',
    '    _raw_spin_lock_irqsave(ep4->lock);',
    '    /* ep_poll_callback: onto rdllist (ep4[3]) */',
    '    __wake_up() {',
    '      _raw_spin_lock_irqsave(ep4->wq.lock);',
    '      ep_autoremove_wake_function() {',
    '        /* wakes t1-1002 */',
    '        /* ep_autoremove_wake_function: off ep->wq (t1) */',
    '      } /* ep_autoremove_wake_function */',
    '      _raw_spin_unlock_irqrestore(ep4->wq.lock);',
    '    } /* __wake_up */',
    '    _raw_spin_unlock_irqrestore(ep4->lock);',
    '    ep_poll_safewake() {',
    '      _raw_spin_lock_irqsave_nested(ep4->poll_wait.lock);',
    '      ep_poll_callback() {',
    '        _raw_spin_lock_irqsave(ep5->lock);',
    '        /* ep_poll_callback: onto rdllist (ep5[4]) */',
    '        __wake_up() {',
    '          _raw_spin_lock_irqsave(ep5->wq.lock);',
    '          ep_autoremove_wake_function() {',
    '            /* wakes t2-1003 */',
    '            /* ep_autoremove_wake_function: off ep->wq (t2) */',
    '          } /* ep_autoremove_wake_function */',
    '          _raw_spin_unlock_irqrestore(ep5->wq.lock);',
    '        } /* __wake_up */',
    '        _raw_spin_unlock_irqrestore(ep5->lock);',
    '      } /* ep_poll_callback */',
    '      _raw_spin_unlock_irqrestore(ep4->poll_wait.lock);',
    '    } /* ep_poll_safewake */',
    '  } /* ep_poll_callback */',
    '  _raw_spin_unlock_irqrestore(eventfd3->wqh.lock);',
    '} /* eventfd_write */',
  ]);
});

/**
 * One write, two instances that watch the same file: the second callback comes after the first,
 * not out of it, though both stand at the same place under the same name.
 */
test('Graph shows two callbacks of one wakeup beside each other', () => {
  const lines = graphOf(function* (sys) {
    const ev = yield* sys.eventfd2(0, 0);
    for (let i = 0; i < 2; i++) {
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN });
    }
    yield* sys.write(ev, u64(1n));
  });

  expect(between(lines, 'eventfd_write() {').filter((line) => line.includes('callback'))).toEqual([
    '  ep_poll_callback() {',
    '    /* ep_poll_callback: onto rdllist (ep5[3]) */',
    '  } /* ep_poll_callback */',
    '  ep_poll_callback() {',
    '    /* ep_poll_callback: onto rdllist (ep4[3]) */',
    '  } /* ep_poll_callback */',
  ]);
});

/** The column replaces durations, which in a profile include the functions that were called. */
test('a function counts the operations of the functions that it called', () => {
  const line = graphOf(twoEpolls).find((text) => text.endsWith('} /* eventfd_write */'));

  expect(line).toBe(' 0)  main-1001      |     8 ops   |    } /* eventfd_write */');
});

/** On a terminal a page is 40 lines; an empty pair of brackets would take two of them. */
test('a function in which nothing is shown takes one line', () => {
  const lines = graphOf(function* (sys) {
    const ev = yield* sys.eventfd2(1, 0);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN });
    yield* sys.epoll_wait(ep, 1, 0);
  });

  expect(between(lines, 'ep_send_events() {')).toContain('  eventfd_poll();');
});
