import { expect, test } from 'vitest';
import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  Mermaid,
  Perfetto,
  type Row,
  randomSchedule,
  State,
  type Sys,
  TableRows,
} from '../../src/index.ts';
import { aWhile, textOf, u64 } from './support/traced.ts';

/** A thread sleeps in epoll_wait until another one writes. */
function* wakeup(sys: Sys): Code<void> {
  const ev = yield* sys.eventfd2(0, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN, data: 7 });
  const tid = yield* sys.pthread_create(function* (sys) {
    yield* sys.epoll_wait(ep, 8, -1);
  });
  yield* sys.nanosleep(aWhile);
  yield* sys.write(ev, u64(1n));
  yield* sys.pthread_join(tid);
}

interface ChromeEvent {
  readonly ph: string;
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
  readonly name?: string;
  readonly id?: number;
}

const perfettoOf = (seed = 0): ChromeEvent[] => {
  const options = seed === 0 ? {} : { schedule: randomSchedule(seed) };
  const text = textOf((write) => new Perfetto(write), wakeup, options);
  return (JSON.parse(text) as { traceEvents: ChromeEvent[] }).traceEvents;
};

/** Perfetto drops a slice whose end it cannot match, and says nothing of it. */
test.each([0, 1, 2, 3])(
  'Perfetto has an end for each beginning, on every track, seed %i',
  (seed) => {
    const open = new Map<number, number>();
    for (const { ph, tid } of perfettoOf(seed)) {
      if (ph === 'B') open.set(tid, (open.get(tid) ?? 0) + 1);
      if (ph === 'E') open.set(tid, (open.get(tid) ?? 0) - 1);
      expect(open.get(tid) ?? 0).toBeGreaterThanOrEqual(0);
    }

    expect([...open.values()].every((count) => count === 0)).toBe(true);
  },
);

/** The arrow from a write to the thread that it wakes is what one opens Perfetto for. */
test('Perfetto has an arrow from the waker to the woken thread when it runs', () => {
  const events = perfettoOf();
  const [start] = events.filter(({ ph, tid }) => ph === 's' && tid === 1001);
  const end = events.find(({ ph, id }) => ph === 'f' && id === start?.id);

  expect(end?.tid).toBe(1002);
  expect(end?.ts).toBeGreaterThan(start?.ts ?? Number.NaN);
});

/** A diagram in a document is read by people who will never run the program. */
test('Mermaid draws a call that sleeps as two arrows, and the wakeup as a note between', () => {
  const lines = textOf((write) => new Mermaid(write), wakeup).split('\n');
  const drawn = lines.map((line) => line.trim()).filter((line) => /p_t1|p_ep4:/.test(line));

  expect(drawn.filter((line) => !line.startsWith('p_main'))).toEqual([
    'actor p_t1 as t1',
    'p_t1->>p_ep4: epoll_wait(4, 8, -1)',
    'Note over p_ep4: ep_poll_callback: onto rdllist (ep4[3])',
    'Note over p_t1: main wakes t1',
    'Note over p_ep4: ep_send_events: level-triggered, back onto rdllist (ep4[3])',
    'p_ep4-->>p_t1: epoll_wait = 1 [IN 7]',
  ]);
});

/** Mermaid takes a ";" for the end of a line, and what follows for nonsense. */
test('Mermaid writes characters of its own language as entities', () => {
  const text = textOf(
    (write) => new Mermaid(write),
    function* (sys) {
      const [, writer] = yield* sys.pipe2(0);
      yield* sys.write(writer, 'a;b#c');
    },
  );

  expect(text).toContain('write(4, "a#59;b#35;c")');
});

/** The rows of the table, without the state. */
function rowsOf(program: (sys: Sys) => Code<void>): { state: string[]; cells: string[] }[] {
  const rows: Row[] = [];
  const ignore = (): void => {};
  const listener = {
    begin: ignore,
    column: ignore,
    row: (row: Row) => rows.push(row),
    end: ignore,
  };
  textOf(() => new TableRows(listener), program);
  return rows.map(({ state, cells }) => ({
    state: [...state],
    cells: [...cells.values()].flat(),
  }));
}

/** Reading down the table must be reading in time: who sleeps is asleep before the write. */
test('the table has a row for a call that falls asleep, and another for its return', () => {
  const rows = rowsOf(wakeup);
  const asleep = rows.findIndex(({ cells }) => cells.includes('epoll_wait(4, 8, -1) …'));
  const write = rows.findIndex(({ cells }) => cells.includes('write(3, 1) = 8'));
  const back = rows.findIndex(({ cells }) => cells.includes('↳ epoll_wait = 1 [IN 7]'));

  expect(asleep).toBeGreaterThan(0);
  expect(write).toBeGreaterThan(asleep);
  expect(back).toBeGreaterThan(write);
  expect(rows[asleep]?.state).toEqual(['ep4  asleep t1']);
  expect(rows[write]?.state).toEqual(['ep4  ready 3', 'eventfd3  1']);
});

/** In a long state only the marks tell what the step did. */
test('State marks the lines that a step has changed, and no others', () => {
  const text = textOf(
    (write) => new State(write),
    function* (sys) {
      const ev = yield* sys.eventfd2(0, 0);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN });
      yield* sys.write(ev, u64(1n));
    },
  );
  const step = text.split('\n\n').find((part) => part.includes('write(3, 1) = 8'));

  expect(step?.split('\n').filter((line) => /^[*+-]/.test(line))).toEqual([
    '*   rdllist   3',
    '*   tree      3 black  eventfd3  EPOLLIN|EPOLLERR|EPOLLHUP  data 0  on rdllist',
    '* eventfd3  fd 3  count 1  wqh: ep4[3]',
  ]);
});
