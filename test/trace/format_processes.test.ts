/** What the formats show of processes: whose thread it is, and whose descriptors. */
import { expect, test } from 'vitest';
import {
  AF_UNIX,
  type Code,
  Graph,
  Mermaid,
  noColours,
  Perfetto,
  SIGTERM,
  SOCK_STREAM,
  State,
  type Sys,
  TableRows,
} from '../../src/index.ts';
import { DrawnTable } from '../../src/shared/table.ts';
import { aWhile, textOf } from './support/traced.ts';

/** A child with a thread, and another of the same name that is killed. */
function* family(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const first = yield* sys.fork(function* (child) {
    yield* child.dup2(reader, 9);
    yield* child.close(writer);
    const thread = yield* child.pthread_create(function* (t) {
      yield* t.getpid();
    }, 'helper');
    yield* child.pthread_join(thread);
    yield* child.exit(3);
  }, 'child');
  yield* sys.wait4(first);
  const second = yield* sys.fork(function* (child) {
    yield* child.setpgid(0, writer);
    yield* child.read(reader, new Uint8Array(1));
  }, 'child');
  yield* sys.nanosleep(aWhile);
  yield* sys.kill(second, SIGTERM);
  yield* sys.wait4(second);
}

/** Whoever looks for the process that keeps a file open. */
test('State says of each descriptor and of each thread which process has it', () => {
  const text = textOf((write) => new State(write), family);
  const step = text.split('\n\n').find((part) => part.includes('helper: getpid'));

  expect(step?.split('\n').slice(1)).toEqual([
    '  socket3  fd 3 of main, child; 9 of child  protocol unix stream  state ESTABLISHED  unread 0',
    '  socket4  fd 4 of main  protocol unix stream  state ESTABLISHED  unread 0',
    '  main 1001  asleep in wait4',
    '  child 1002  asleep in futex on helper->exited',
    '* helper 1003 of child  running',
  ]);
});

/** A reader of one process is not bothered with its number. */
test('State names no process where there is one', () => {
  const text = textOf(
    (write) => new State(write),
    function* (sys) {
      yield* sys.eventfd2(0, 0);
      yield* sys.pthread_create((thread) => thread.getpid(), 'helper');
    },
  );
  expect(text).toContain('  eventfd3  fd 3  count 0');
  expect(text).toContain('+ helper  runnable');
});

/** Whoever reads `fork() = 1002`, and looks for the column of that process. */
test('the table says which process a column belongs to, once there are several', () => {
  const text = textOf((write) => new TableRows(new DrawnTable(write, noColours, 130)), family);
  const cells = (line: string): string[] => line.split('│').map((cell) => cell.trim());
  const heads = text
    .split('\n')
    .flatMap((line, i, lines) =>
      line.startsWith(' step') ? [cells(line).slice(2), cells(lines[i + 1] ?? '').slice(2)] : [],
    );

  expect(heads.slice(0, 6)).toEqual([
    ['main'],
    [],
    ['main', 'child'],
    ['1001', '1002'],
    ['main', 'child', 'helper'],
    ['1001', '1002', '1003 of 1002'],
  ]);
});

/** Whoever wonders why a process does nothing any more. */
test('the table tells an end by a signal and an end with a status from others', () => {
  const text = textOf((write) => new TableRows(new DrawnTable(write, noColours, 300)), family);
  const ends = [...text.matchAll(/ends[^│\n]*|is ended by \w+/g)].map(([end]) => end.trim());

  expect(ends).toEqual(['ends', 'ends with 3', 'is ended by SIGTERM', 'ends']);
});

/** Two processes of one name would share a lifeline, and the dead would go on. */
test('Mermaid gives each task a lifeline of its own, with its process, and its end', () => {
  const lines = textOf((write) => new Mermaid(write), family)
    .split('\n')
    .map((line) => line.trim());

  expect(lines.filter((line) => /^actor|ends|ended/.test(line))).toEqual([
    'actor p_main as main',
    'actor p_child as child 1002',
    'actor p_helper as helper of 1002',
    'Note over p_helper: ends',
    'Note over p_child: ends with 3',
    'actor p_child_1004 as child 1004',
    'Note over p_child_1004: is ended by SIGTERM',
    'Note over p_main: ends',
  ]);
});

/** A number is not a descriptor because there is one of that number. */
test('Mermaid sends a call to a file only where its first argument is a descriptor', () => {
  const lines = textOf(
    (write) => new Mermaid(write),
    function* (sys) {
      const fd = yield* sys.eventfd2(0, 0);
      yield* sys.getpgid(fd);
      yield* sys.dup(fd);
    },
  ).split('\n');

  expect(lines.filter((line) => line.includes('(3)')).map((line) => line.trim())).toEqual([
    'p_main->>p_main: getpgid(3) = -1 ESRCH',
    'p_main->>p_eventfd3: dup(3) = 4',
  ]);
});

/** In ui.perfetto.dev a process is a group of tracks, under its name. */
test('Perfetto names each process after its first thread, once', () => {
  const { traceEvents } = JSON.parse(textOf((write) => new Perfetto(write), family)) as {
    traceEvents: { name?: string; pid: number; tid: number; args?: { name?: string } }[];
  };
  const names = traceEvents
    .filter(({ name }) => name === 'process_name')
    .map(({ pid, args }) => [pid, args?.name]);

  expect(names.filter(([pid]) => pid !== 1)).toEqual([
    [1001, 'test: main'],
    [1002, 'test: child'],
    [1004, 'test: child'],
  ]);
});

/** Whoever reads from a graph which function takes a lock: closing a file takes none of tasks. */
test('Graph ends a function before a reader-writer lock that is taken outside of it', () => {
  const text = textOf((write) => new Graph(write), family);
  const closing = text.match(/ __fput\(\) \{[\s\S]*?\} \/\* __fput/g) ?? [];

  expect(closing.length).toBeGreaterThan(0);
  expect(closing.filter((lines) => lines.includes('tasklist_lock'))).toEqual([]);
});
