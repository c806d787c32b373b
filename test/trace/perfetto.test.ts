import { expect, test } from 'vitest';
import { Machine, Perfetto, randomSchedule, runTraced } from '../../src/index.ts';
import { textOf, wakeup } from './support/traced.ts';

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

/** Of a deadlock one wants to see what the threads sleep in. */
test('Perfetto ends the slices of a thread that sleeps for ever at the end', () => {
  const text = textOf(
    (write) => new Perfetto(write),
    function* (sys) {
      yield* sys.read(yield* sys.eventfd2(0, 0), new Uint8Array(8));
    },
  );
  const { traceEvents } = JSON.parse(text) as { traceEvents: ChromeEvent[] };
  const track = traceEvents.filter(({ ph, tid }) => tid === 1001 && (ph === 'B' || ph === 'E'));

  expect(track.map(({ ph }) => ph).join('')).toBe('BEBBEE');
});

/** Ctrl-C in the middle of a call: the file that is left has to open in the browser all the same. */
test('Perfetto ends every slice once when writing is given up and then closed', () => {
  let text = '';
  let isGivenUp = false;
  const write = (piece: string): void => {
    text += piece;
    isGivenUp ||= piece.includes('"ep_insert"');
    if (isGivenUp) throw new Error('given up');
  };
  const format = new Perfetto(write);
  const machine = new Machine();
  machine.spawn(wakeup);
  expect(() => runTraced(machine, format)).toThrow('given up');
  isGivenUp = false;
  format.close();

  const { traceEvents } = JSON.parse(text) as { traceEvents: ChromeEvent[] };
  const track = traceEvents.filter(({ ph, tid }) => tid === 1001 && (ph === 'B' || ph === 'E'));
  expect(track.map(({ ph }) => ph).join('')).toMatch(/(?<!B)BBBEEE$/);
});

/** A slice that ends too late swallows the calls that follow it. */
test('Perfetto has the functions of a call inside of it, each inside of its caller', () => {
  const track = perfettoOf().filter(({ ph, tid }) => tid === 1001 && (ph === 'B' || ph === 'E'));
  const drawn = track.map(({ ph, name }) => (ph === 'B' ? `${name}(` : ')')).join('');

  expect(drawn).toContain('epoll_ctl(do_epoll_ctl(ep_insert(eventfd_poll())))nanosleep(');
});

/** The arrow from a write to the thread that it wakes is what one opens Perfetto for. */
test('Perfetto has an arrow from the waker to the woken thread when it runs', () => {
  const events = perfettoOf();
  const [start] = events.filter(({ ph, tid }) => ph === 's' && tid === 1001);
  const end = events.find(({ ph, id }) => ph === 'f' && id === start?.id);

  expect(end?.tid).toBe(1002);
  expect(end?.ts).toBeGreaterThan(start?.ts ?? Number.NaN);
});
