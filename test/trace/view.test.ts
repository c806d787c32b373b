import { expect, test } from 'vitest';
import {
  EPOLL_CTL_ADD,
  EPOLLIN,
  EPOLLONESHOT,
  Machine,
  type MachineView,
  Player,
  type Program,
  Recorder,
  readScenario,
  stateText,
  viewOf,
} from '../../src/index.ts';

/** The machine after a program has come to rest. */
function viewAfter(program: Program): MachineView {
  const recorder = new Recorder(() => {}, { functions: false });
  const machine = new Machine({ tracer: recorder });
  machine.spawn(program);
  machine.run();
  return viewOf(machine.kernel, recorder.names, (task) => recorder.callOf(task));
}

/** The machine when a step of a scenario has settled. */
function viewAtStep(text: string, step: number): MachineView {
  const recorder = new Recorder(() => {});
  let view: MachineView | null = null;
  const player = new Player(
    readScenario(text),
    { tracer: recorder },
    {
      settled({ index }) {
        if (index === step) view = viewOf(player.machine.kernel, recorder.names);
      },
    },
  );
  player.play();
  if (view === null) throw new Error(`no step ${step}`);
  return view;
}

/** Two eventfds, one instance; t1's scan is held at its first event while the other gets one. */
const heldScan = JSON.stringify({
  threads: ['main', 't1'],
  steps: [
    { call: 'eventfd2', args: { initval: 1 }, bind: ['a'] },
    { call: 'eventfd2', args: { initval: 0 }, bind: ['b'] },
    { call: 'epoll_create1', args: {}, bind: ['ep'] },
    ...['$a', '$b'].map((fd) => ({
      call: 'epoll_ctl',
      args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd, events: 'EPOLLIN' },
    })),
    {
      thread: 't1',
      call: 'epoll_wait',
      args: { epfd: '$ep', maxevents: 8, timeout: -1, buffer: 'held' },
    },
    { call: 'write', args: { fd: '$b', value: 1 } },
    { call: 'release', args: { thread: 't1' } },
  ],
});

/**
 * The moment that the overflow list exists for cannot be seen on a running kernel; a view that
 * missed it would teach that rdllist is all there is.
 */
test('a view in the middle of a scan has the new event on ovflist, and who holds the mutex', () => {
  const [ep] = viewAtStep(heldScan, 6).epolls;

  expect(ep).toMatchObject({ rdllist: [], ovflist: ['ep5[4]'], mtx: 't1' });
  expect(ep?.items.map(({ on }) => on)).toEqual([null, 'ovflist']);
});

/** Who looks for a deadlock asks for each thread what it sleeps on. */
test('a sleeping thread is shown with its call and its wait queue', () => {
  const { tasks } = viewAfter(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_wait(ep, 1, -1);
  });

  expect(tasks).toMatchObject([
    { name: 'main', state: 'asleep', call: 'epoll_wait', waitsOn: ['ep3->wq'] },
  ]);
});

/** The lab sends views to other windows, and stores them. */
test('a view survives JSON', () => {
  const view = viewAfter(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const ev = yield* sys.eventfd2(3, 0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN, data: 2n ** 63n });
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
    yield* sys.read(ev, new Uint8Array(8));
    yield* sys.epoll_wait(ep, 1, -1);
  });

  expect(JSON.parse(JSON.stringify(view))).toEqual(view);
});

/** What the end of `npm start` and every step of --format state look like. */
test('stateText() shows tree, lists, files and threads of a machine', () => {
  const view = viewAfter(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const [reader, writer] = yield* sys.pipe2(0);
    const ev = yield* sys.eventfd2(3, 0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN, data: 7 });
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN | EPOLLONESHOT });
    yield* sys.epoll_wait(ep, 1, 0);
    yield* sys.write(writer, 'hello');
    yield* sys.read(yield* sys.eventfd2(0, 0), new Uint8Array(8));
  });

  expect(stateText(view).split('\n')).toEqual([
    'ep3  fd 3  2 items',
    '  rdllist   4',
    '  wq        -',
    '  tree      4 black  pipe4  EPOLLIN|EPOLLERR|EPOLLHUP  data 7  on rdllist',
    '  tree      └─ 6 red  eventfd6  EPOLLONESHOT  data 0  disarmed',
    'pipe4  fd 4  end read  bytes 5  slots 1/16  rd_wait: ep3[4]',
    'pipe5  fd 5  end write  bytes 5  slots 1/16',
    'eventfd6  fd 6  count 3  wqh: ep3[6]',
    'eventfd7  fd 7  count 0  wqh: main',
    'main  asleep in read on eventfd7->wqh',
    '',
  ]);
});
