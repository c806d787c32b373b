import { expect, test } from 'vitest';
import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Row,
  type Sys,
  TableRows,
} from '../../src/index.ts';
import { textOf, wakeup } from './support/traced.ts';

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
  expect(rows[asleep]).toEqual({ state: ['ep4  asleep t1'], cells: ['epoll_wait(4, 8, -1) …'] });
  expect(rows[write]?.state).toEqual(['ep4  ready 3', 'eventfd3  1']);
});

/** A row of ten thousand lines, for each of ten thousand calls, is an afternoon. */
test('a row says of very many files how many there are besides', () => {
  const rows = rowsOf(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    for (let i = 0; i < 60; i++) {
      const event = yield* sys.eventfd2(1, 0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    }
    yield* sys.sched_yield();
  });
  const state = rows.find(({ cells }) => cells.includes('sched_yield() = 0'))?.state ?? [];
  expect(state).toHaveLength(41);
  expect(state[0]).toMatch(/^ep\d+ {2}ready( \d+){40} … 20 more$/);
  expect(state[40]).toBe('… 21 more');
});
