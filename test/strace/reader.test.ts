/** What the rebuild knows of the kernel's side, and what it says when a log cannot be true. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  readStrace,
  StraceReader,
  type StraceReport,
  type StraceRow,
} from '../../src/strace/reader.ts';

/** For a machine that is busy with other things. */
const slow = { timeout: 120_000 };

const begin = ['execve("./a", ["./a"], 0x7ff /* 3 vars */) = 0', 'epoll_create1(0) = 3'];

function read(...lines: string[]): StraceReport & { readonly rows: StraceRow[] } {
  const rows: StraceRow[] = [];
  return { ...readStrace([...begin, ...lines], { onRow: (row) => rows.push(row) }), rows };
}

const add = (fd: number, events: string): string =>
  `epoll_ctl(3, EPOLL_CTL_ADD, ${fd}, {events=${events}, data={u32=${fd}, u64=${fd}}}) = 0`;
const wait = (events: string, fd: number, timeout = -1): string =>
  `epoll_wait(3, [{events=${events}, data={u32=${fd}, u64=${fd}}}], 8, ${timeout}) = 1`;

/** Somebody whose log is right would be sent to look for a mistake that is ours. */
test('a descriptor that is reported without an item cannot be explained', () => {
  expect(read(wait('EPOLLIN', 9)).unexplained).toMatchObject([
    { line: 3, model: 'no item has this data', log: 'EPOLLIN of data 9' },
  ]);
});

test('an edge of a pipe that nobody has written to again cannot be explained', () => {
  const { unexplained } = read(
    'pipe2([4, 5], O_NONBLOCK) = 0',
    add(4, 'EPOLLIN|EPOLLET'),
    'write(5, "abc", 3) = 3',
    wait('EPOLLIN', 4),
    wait('EPOLLIN', 4),
  );
  expect(unexplained).toMatchObject([{ line: 7, model: 'no event', log: 'EPOLLIN of pipe4' }]);
});

test('more bytes than were written to a pipe cannot be explained', () => {
  const { unexplained } = read(
    'pipe2([4, 5], O_NONBLOCK) = 0',
    'write(5, "abc", 3) = 3',
    'read(4, "abcd", 10) = 4',
  );
  expect(unexplained).toMatchObject([{ line: 5, model: '3 B to read', log: '4' }]);
});

test('a level-triggered pipe that is not reported although it is full cannot be explained', () => {
  const { unexplained } = read(
    'pipe2([4, 5], O_NONBLOCK) = 0',
    add(4, 'EPOLLIN'),
    'write(5, "abc", 3) = 3',
    'epoll_wait(3, [], 8, 100) = 0',
  );
  expect(unexplained).toMatchObject([{ line: 6, model: 'EPOLLIN of pipe4', log: 'no event' }]);
});

test('a second ADD that succeeds cannot be explained', () => {
  const { unexplained } = read('eventfd2(0, 0) = 4', add(4, 'EPOLLIN'), add(4, 'EPOLLIN'));
  expect(unexplained).toMatchObject([{ line: 5, model: 'EEXIST', log: '0' }]);
});

test('a number that is returned although it is open cannot be explained', () => {
  const { unexplained } = read('eventfd2(0, 0) = 4', 'eventfd2(0, 0) = 4');
  expect(unexplained).toMatchObject([{ line: 4, model: '4 is open: eventfd4', log: '4' }]);
});

test('what a client does is inferred from the first result that shows it', () => {
  const { rows, unexplained } = read(
    'socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_IP) = 4',
    'listen(4, 128) = 0',
    add(4, 'EPOLLIN'),
    wait('EPOLLIN', 4),
    'accept4(4, NULL, NULL, SOCK_NONBLOCK) = 5',
    add(5, 'EPOLLIN|EPOLLRDHUP'),
    wait('EPOLLIN', 5),
    'read(5, "x", 10) = 1',
    wait('EPOLLIN|EPOLLRDHUP', 5),
    'read(5, "", 10) = 0',
  );
  expect(unexplained).toEqual([]);
  expect(rows.flatMap(({ line, outside }) => outside.map((what) => `${line} ${what}`))).toEqual([
    '6 tcp4: a connection',
    '9 tcp5: data',
    '11 tcp5: the peer sends no more',
  ]);
  expect(rows.find(({ line }) => line === 9)?.state).toEqual(['ep3  ready 5', 'tcp5  some B']);
});

test('both ends of a socketpair are known to the byte', () => {
  const { rows } = read(
    'socketpair(AF_UNIX, SOCK_STREAM, 0, [4, 5]) = 0',
    'write(5, "abc", 3) = 3',
    'read(4, "a", 1) = 1',
    'close(5) = 0',
  );
  expect(rows.slice(-3).map(({ state }) => state.at(-1))).toEqual([
    'unix4  3 B',
    'unix4  2 B',
    'unix4  2 B',
  ]);
});

test('a thread sleeps in epoll_wait until the line in which it returns', () => {
  const { rows, unexplained } = read(
    'eventfd2(0, 0) = 4',
    add(4, 'EPOLLIN'),
    '[pid 7] epoll_wait(3,  <unfinished ...>',
    '[pid 8] write(4, "\\1\\0\\0\\0\\0\\0\\0\\0", 8) = 8',
    '[pid 7] <... epoll_wait resumed>[{events=EPOLLIN, data={u32=4, u64=4}}], 8, -1) = 1',
  );
  expect(unexplained).toEqual([]);
  expect(rows.at(-3)?.state).toEqual(['ep3  asleep a']);
  expect(rows.at(-2)?.state).toEqual(['ep3  ready 4', 'eventfd4  1']);
});

test('the child of a clone may come up before its parent has its number', () => {
  const { rows, unexplained } = read(
    '[pid 7] pipe2([4, 5], 0) = 0',
    '[pid 7] clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLDstrace: Process 8 attached',
    ' <unfinished ...>',
    '[pid 8] close(4) = 0',
    '[pid 8] write(5, "ab", 2) = 2',
    '[pid 7] <... clone resumed>, child_tidptr=0x7f) = 8',
    '[pid 7] read(4, "ab", 9) = 2',
    '[pid 8] exit_group(0) = ?',
    '[pid 8] +++ exited with 0 +++',
  );
  expect(unexplained).toEqual([]);
  expect(rows.find(({ line }) => line === 6)).toMatchObject({ pid: 8, tgid: 8 });
});

test('execve closes what is marked, and nothing else', () => {
  const { unexplained } = read(
    'eventfd2(0, EFD_CLOEXEC) = 4',
    'eventfd2(0, 0) = 5',
    'execve("/bin/b", ["b"], 0x0) = 0',
    'eventfd2(0, 0) = 4',
    'eventfd2(0, 0) = 5',
  );
  expect(unexplained).toMatchObject([{ line: 7, log: '5' }]);
});

test('a log that begins in the middle gets its instance, its items and its descriptors from use', () => {
  const report = readStrace([
    '[pid 7] epoll_wait(5, [{events=EPOLLIN, data={u32=6, u64=6}}], 128, 100) = 1',
    '[pid 7] accept4(6, NULL, NULL, SOCK_NONBLOCK) = 8',
    '[pid 7] epoll_ctl(5, EPOLL_CTL_MOD, 7, {events=EPOLLIN|EPOLLOUT, data={u32=7, u64=7}}) = 0',
    '[pid 7] epoll_wait(5, [{events=EPOLLOUT, data={u32=7, u64=7}}, {events=EPOLLIN, data=0x55d0c0ffee}], 128, 100) = 2',
    '[pid 7] epoll_ctl(5, EPOLL_CTL_DEL, 9, NULL) = 0',
  ]);
  expect(report.unexplained).toEqual([]);
  expect(report.calls).toBe(5);
});

test('one who is woken alone is the one that the log shows', () => {
  const { unexplained } = readStrace(
    readFileSync(new URL('../fixtures/strace/mistakes/herd-right.log', import.meta.url), 'latin1'),
  );
  expect(unexplained).toEqual([]);
});

/** Malformed lines, with their numbers, and everything else goes on. */
test('what is no line of strace is reported with its number and skipped', () => {
  const report = read('Hello from the program', 'eventfd2(0, 0) = 4\r\n', 'read(4, "cut');
  expect(report.malformed.map(({ line }) => line)).toEqual([3, 5]);
  expect(report.calls).toBe(3);
});

test.each([
  ['nothing', ''],
  [
    'binary garbage',
    String.fromCharCode(...Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)),
  ],
  ['a line of 1 MB', `read(3, "${'x'.repeat(1_000_000)}`],
  ['a million brackets', '('.repeat(1_000_000)],
  ['a million blanks behind a result', `read(3, "", 1) = 0${' '.repeat(1_000_000)}x`],
  ['events without end', `epoll_wait(3, [${'{events=EPOLLIN, data='.repeat(50_000)}`],
])('%s is read without a crash', slow, (_, text) => {
  const began = performance.now();
  expect(() => readStrace(text, { onRow: () => {} })).not.toThrow();
  expect(performance.now() - began).toBeLessThan(10_000);
});

/** Cut, doubled, exchanged and falsified lines of a real log; the same ones every time. */
test.each([1, 2, 3, 4])(
  'a log that was tampered with is read without a crash (%d)',
  slow,
  (first) => {
    const log = readFileSync(new URL('../fixtures/strace/haproxy.log', import.meta.url), 'latin1');
    let seed = first;
    const below = (bound: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return (seed >>> 8) % bound;
    };
    for (let round = 0; round < 25; round++) {
      const lines = log.split('\n');
      for (let i = 0; i < 20; i++) {
        const at = below(lines.length);
        const line = lines[at] as string;
        const how = below(4);
        if (how === 0) lines[at] = line.slice(0, below(line.length + 1));
        else if (how === 1) lines.splice(at, 1 + below(3));
        else if (how === 2) lines.splice(below(lines.length), 0, line);
        else
          lines[at] = line.replace(/\d+/g, (digits) =>
            below(4) === 0 ? String(below(99_999)) : digits,
          );
      }
      const reader = new StraceReader({ onRow: () => {} });
      for (const line of lines) reader.push(line);
      expect(reader.end().lines).toBe(lines.length);
      reader.view();
    }
  },
);

/** A long log must not take minutes: what is open may not make each line slower. */
test('a log of 100,000 lines with 25,000 connections takes seconds', slow, () => {
  const reader = new StraceReader({ onRow: () => {} });
  for (const line of [
    ...begin,
    'socket(AF_INET, SOCK_STREAM, 0) = 4',
    'listen(4, 9) = 0',
    add(4, 'EPOLLIN'),
  ]) {
    reader.push(line);
  }
  const began = performance.now();
  for (let fd = 5; fd < 25_005; fd++) {
    reader.push(wait('EPOLLIN', 4));
    reader.push(`accept4(4, NULL, NULL, SOCK_NONBLOCK) = ${fd}`);
    reader.push(add(fd, 'EPOLLIN|EPOLLET'));
    reader.push(`read(${fd}, "x", 10) = 1`);
  }
  expect(reader.end()).toMatchObject({ lines: 100_005, unexplainedCount: 0 });
  expect(performance.now() - began).toBeLessThan(30_000);
});

const listener = [
  'socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 4<TCP:[11]>',
  'listen(4<TCP:[11]>, 8) = 0',
];
const accepted =
  'accept4(4<TCP:[127.0.0.1:80]>, NULL, NULL, SOCK_NONBLOCK) = 5<TCP:[127.0.0.1:80->127.0.0.1:9]>';

/** epoll goes over the list from its front: what it has passed by was not ready. */
test('with room for one event, what stands before the one that is told was not ready', () => {
  const one = (fd: number): string =>
    `epoll_wait(3, [{events=EPOLLIN, data={u32=${fd}, u64=${fd}}}], 1, -1) = 1`;
  const { rows, unexplained } = read(
    ...listener,
    add(4, 'EPOLLIN'),
    one(4),
    accepted,
    add(5, 'EPOLLIN'),
    one(5),
  );

  expect(unexplained).toEqual([]);
  expect(rows.at(-1)?.state).toEqual(['ep3  ready 5', 'tcp5  some B']);
});

test('a file of /proc may be watched, a regular one may not', () => {
  const open = (path: string): string => `openat(AT_FDCWD, "${path}", O_RDONLY) = 4<${path}>`;

  expect(read(open('/proc/sys/net/core/somaxconn'), add(4, 'EPOLLIN')).unexplained).toEqual([]);
  expect(read(open('/etc/hosts'), add(4, 'EPOLLIN')).unexplained).toMatchObject([
    { line: 4, model: 'EPERM', log: '0' },
  ]);
});

/** Runtimes hand a descriptor from the thread that is told of it to another one. */
test('whoever reads sees an edge through, not whoever was told of it', () => {
  const edge = [...listener, add(4, 'EPOLLIN|EPOLLET')];
  const told = `[pid 7] ${wait('EPOLLIN', 4)}`;
  const again = '[pid 7] epoll_wait(3, [], 8, 0) = 0';
  const take = (pid: number, fd: number): string =>
    `[pid ${pid}] accept4(4<TCP:[127.0.0.1:80]>, NULL, NULL, SOCK_NONBLOCK) = ${fd}<TCP:[127.0.0.1:80->127.0.0.1:${fd}]>`;
  const spoken = (pid: number): string[] =>
    read(...edge, told, take(pid, 5), again, told, take(pid, 6), again, told).findings.map(
      ({ kind }) => kind,
    );

  expect(spoken(8)).toEqual([]);
  expect(spoken(7)).toEqual(['accept-once']);
});

test('EAGAIN of a splice into an empty pipe says that the socket was read to its end', () => {
  const socket = '5<TCP:[127.0.0.1:80->127.0.0.1:9]>';
  const splice = (result: string): string =>
    `splice(${socket}, NULL, 7, NULL, 4194304, 0) = ${result}`;
  const events = [wait('EPOLLIN', 5), splice('9'), 'read(6, "123456789", 9) = 9'];
  const spoken = (end: string[]): string[] =>
    read(
      ...listener,
      accepted,
      'pipe2([6, 7], O_NONBLOCK) = 0',
      add(5, 'EPOLLIN|EPOLLET'),
      ...events,
      ...end,
      ...events,
    ).findings.map(({ what }) => what);

  expect(spoken([splice('-1 EAGAIN (Resource temporarily unavailable)')])).toEqual([]);
  const [what] = spoken([]);
  expect(what).toContain('took 9 B, and line');
});

test('whoever hands on need not have read when it waits again', () => {
  const told = `[pid 7] ${wait('EPOLLIN', 5)}`;
  const again = '[pid 7] epoll_wait(3, [], 8, 0) = 0';
  const spoken = (...first: string[]): string[] =>
    read(
      ...listener,
      accepted,
      add(5, 'EPOLLIN|EPOLLET'),
      ...first,
      told,
      again,
      told,
    ).findings.map(({ kind }) => kind);

  expect(spoken()).toEqual(['edge-unread']);
  expect(spoken(told, '[pid 8] read(5, "ab", 2) = 2')).toEqual([]);
});

test('threads that wake up together are information, and suspicious where it is most of what they do', () => {
  const round = (fd: number): string[] => [
    ...[7, 8, 9].map((pid) => `[pid ${pid}] ${wait('EPOLLIN', 4)}`),
    `[pid 7] accept4(4<TCP:[127.0.0.1:80]>, NULL, NULL, 0) = ${fd}<TCP:[127.0.0.1:80->127.0.0.1:${fd}]>`,
    ...[8, 9].map(
      (pid) =>
        `[pid ${pid}] accept4(4, NULL, NULL, 0) = -1 EAGAIN (Resource temporarily unavailable)`,
    ),
  ];
  const levelAfter = (rounds: number): (string | undefined)[] =>
    read(
      ...listener,
      add(4, 'EPOLLIN'),
      ...Array.from({ length: rounds }, (_, i) => round(5 + i)).flat(),
    ).findings.map(({ kind, level }) => `${kind} ${level}`);

  expect(levelAfter(3)).toEqual(['thundering-herd information']);
  expect(levelAfter(12)).toEqual(['thundering-herd suspicious']);
});
