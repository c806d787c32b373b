/**
 * Is the corpus any good? Breaks the model in one place after the other, and counts the scenarios
 * whose transcript then differs from what Linux answered. Writes the second table of
 * docs/conformance.md; takes some minutes.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const begin = '<!-- table: npm run mutants -->\n';
const root = fileURLToPath(new URL('..', import.meta.url));

/** One place that is broken on purpose. */
export interface Mutant {
  readonly what: string;
  /** Below src/kernel/. */
  readonly file: string;
  /** What stands there, once. */
  readonly from: string;
  readonly to: string;
}

const looks = 'eventpoll/looks.ts';
const callback = 'eventpoll/callback.ts';
const scan = 'eventpoll/scan.ts';
const ctl = 'eventpoll/ctl.ts';
const poll = 'eventpoll/ep_poll.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'an item is queued at the head of `rdllist`',
    file: looks,
    from: '!list_empty(ep.rdllist)) list_add_tail(epi.rdllink, ep.rdllist);',
    to: '!list_empty(ep.rdllist)) list_add_tail(epi.rdllink, ep.rdllist.next);',
  },
  {
    what: 'a callback queues nothing while a scan is open',
    file: callback,
    from: 'if (epi.next !== EP_UNACTIVE_PTR) {',
    to: 'if (epi.ep === ep) {',
  },
  {
    what: 'a callback does not look at the key',
    file: callback,
    from: 'pollflags !== 0 && (pollflags & events) === 0',
    to: 'false',
  },
  {
    what: 'a callback does not see that the item is disarmed',
    file: callback,
    from: '(events & ~EP_PRIVATE_BITS) === 0',
    to: 'false',
  },
  {
    what: 'a callback wakes nobody in `epoll_wait`',
    file: callback,
    from: 'const wakes = !silent && waitqueue_active(ep.wq);',
    to: 'const wakes = false as boolean;',
  },
  {
    what: 'a callback wakes nobody who polls the instance',
    file: callback,
    from: 'pwake = !silent && waitqueue_active(ep.poll_wait);',
    to: 'pwake = false;',
  },
  {
    what: 'an exclusive item ends the walk even if nobody was woken',
    file: callback,
    from: 'if (!isExclusive(events)) ewake = 1;',
    to: 'ewake = 1;',
  },
  {
    what: 'an exclusive item is added as a shared one',
    file: callback,
    from: 'if (isExclusive(epi.event.events)) yield* add_wait_queue_exclusive',
    to: 'if (false as boolean) yield* add_wait_queue_exclusive',
  },
  {
    what: 'who watches an instance is told `EPOLLHUP` in place of `EPOLLIN`',
    file: callback,
    from: 'wake_up_locked_poll(ep.poll_wait, EPOLLIN | pollflags)',
    to: 'wake_up_locked_poll(ep.poll_wait, EPOLLHUP)',
  },
  {
    what: 'what came during a scan is put back newest first',
    file: scan,
    from: 'if (current.kernel.patched.c141175d011f) list_add(',
    to: 'if (false as boolean) list_add(',
  },
  {
    what: 'what came during a scan is dropped',
    file: scan,
    from: 'let nepi = ep.ovflist;',
    to: 'let nepi: typeof ep.ovflist = null;',
  },
  {
    what: 'what is left of a scan is lost',
    file: scan,
    from: 'list_splice_init(txlist, ep.rdllist);',
    to: '',
  },
  {
    what: 'the end of a scan wakes no further waiter',
    file: scan,
    from: "yield* wakeWaiter(ep);\n    }\n    if (!current.kernel.patched['339ddb53d373'])",
    to: "}\n    if (!current.kernel.patched['339ddb53d373'])",
  },
  {
    what: 'a level-triggered item is not put back',
    file: scan,
    from: '} else if ((epi.event.events & EPOLLET) === 0) {',
    to: '} else if (false as boolean) {',
  },
  {
    what: 'a level-triggered item is put back at the head',
    file: scan,
    from: 'list_add_tail(epi.rdllink, ep.rdllist);\n      touchReady(ep, wasEmpty);\n      ep_pm_stay_awake(epi);',
    to: 'list_add(epi.rdllink, ep.rdllist);\n      touchReady(ep, wasEmpty);\n      ep_pm_stay_awake(epi);',
  },
  {
    what: 'an edge-triggered item is put back',
    file: scan,
    from: '} else if ((epi.event.events & EPOLLET) === 0) {',
    to: '} else {',
  },
  {
    what: 'a one-shot item stays armed',
    file: scan,
    from: 'epi.event.events &= EP_PRIVATE_BITS;',
    to: '',
  },
  {
    what: 'a one-shot item loses its private bits',
    file: scan,
    from: 'epi.event.events &= EP_PRIVATE_BITS;',
    to: 'epi.event.events = 0;',
  },
  {
    what: 'an item that is not ready any more is reported',
    file: scan,
    from: 'if (revents === 0) {',
    to: 'if (false as boolean) {',
  },
  {
    what: 'events are reported that nobody asked for',
    file: scan,
    from: 'return res & events;',
    to: 'return res;',
  },
  {
    what: '`maxevents` is one too large',
    file: scan,
    from: 'while (node !== txlist && res < maxevents) {',
    to: 'while (node !== txlist && res <= maxevents) {',
  },
  {
    what: 'an event that could not be written is lost',
    file: scan,
    from: 'list_add(epi.rdllink, txlist);\n      ep_pm_stay_awake(epi);',
    to: '',
  },
  {
    what: 'polling an instance leaves stale items on its list',
    file: scan,
    from: 'list_del_init(epi.rdllink);\n  }\n  yield* ep_done_scan(ep, txlist);',
    to: '}\n  yield* ep_done_scan(ep, txlist);',
  },
  {
    what: '`EPOLL_CTL_ADD` does not look whether the file is ready',
    file: ctl,
    from: 'const pwake = revents !== 0 && (yield* queueReadyItem',
    to: 'const pwake = revents < 0 && (yield* queueReadyItem',
  },
  {
    what: '`EPOLL_CTL_MOD` does not look whether the file is ready',
    file: ctl,
    from: 'if (revents === 0) return 0;',
    to: 'if (revents >= 0) return 0;',
  },
  {
    what: '`EPOLL_CTL_MOD` keeps the old data',
    file: ctl,
    from: 'epi.event.data = data;',
    to: '',
  },
  {
    what: '`EPOLLERR` and `EPOLLHUP` have to be asked for',
    file: ctl,
    from: 'events: events | EPOLLERR | EPOLLHUP, data',
    to: 'events, data',
  },
  {
    what: 'a ready item that is added wakes nobody',
    file: ctl,
    from: 'if (waitqueue_active(ep.wq)) yield* wakeWaiter(ep);',
    to: '',
  },
  {
    what: 'who falls asleep first in `epoll_wait` is woken first',
    file: poll,
    from: '__add_wait_queue_exclusive(ep.wq, wait);',
    to: '{ wait.flags |= 1; ep.wq.head.prev.next = wait.entry; wait.entry.prev = ep.wq.head.prev; wait.entry.next = ep.wq.head; ep.wq.head.prev = wait.entry; }',
  },
  {
    what: 'a waiter who is woken stays on the queue',
    file: poll,
    from: 'list_del_init(wq_entry.entry);',
    to: '',
  },
  {
    what: 'a signal does not end `epoll_wait`',
    file: poll,
    from: 'if (signal_pending(current)) return -EINTR;',
    to: '',
  },
  {
    what: 'closing a watched file leaves its items',
    file: 'eventpoll/remove.ts',
    from: 'if (first === null) break;',
    to: 'break;',
  },
  {
    what: 'a wakeup wakes all exclusive waiters',
    file: 'wait.ts',
    from: 'if (ret > 0 && exclusive && --left === 0) {',
    to: 'if (false as boolean) {',
  },
];

/** The text of a file with the mutant in it. */
export function mutated(text: string, { what, from, to, file }: Mutant): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(`"${what}": src/kernel/${file} has this ${parts.length - 1} times: ${from}`);
  }
  return parts.join(to);
}

/** How many scenarios of the corpus notice it, played on a copy of the package. */
async function noticed(mutant: Mutant): Promise<number> {
  const copy = mkdtempSync(join(tmpdir(), 'epollsim-mutant-'));
  try {
    for (const part of ['bin', 'conformance', 'corpus', 'src', 'package.json', 'tsconfig.json']) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const path = join(copy, 'src/kernel', mutant.file);
    writeFileSync(path, mutated(readFileSync(path, 'utf8'), mutant));
    const command = ['bin/epollsim.ts', 'conform', '--no-live', '--json'];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=epollsim:src', '--import=tsx', ...command],
      { cwd: copy, maxBuffer: 2 ** 30 },
    ).catch((error: { stdout: string }) => error); // It says so in its exit code, too.
    const { scenarios, equal, skipped } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    return scenarios - equal - skipped;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

async function table(): Promise<string> {
  const counts: number[] = [];
  const left = mutants.entries();
  const work = async (): Promise<void> => {
    for (const [i, mutant] of left) {
      const count = await noticed(mutant);
      counts[i] = count;
      if (process.stderr.isTTY) process.stderr.write(`${count} notice that ${mutant.what}\n`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const rows = mutants.map(({ what, file }, i) => `| ${what} | ${file} | ${counts[i]} |\n`);
  return `| broken | where | noticed by |\n| --- | --- | ---: |\n${rows.join('')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = new URL('../docs/conformance.md', import.meta.url);
  const before = readFileSync(page, 'utf8');
  const from = before.indexOf(begin) + begin.length;
  const to = before.indexOf('<!-- end -->', from);
  if (from < begin.length || to < from) throw new Error('docs/conformance.md has no such table');
  writeFileSync(page, before.slice(0, from) + (await table()) + before.slice(to));
}
