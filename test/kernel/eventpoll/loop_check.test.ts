import { describe, expect, test } from 'vitest';
import { current } from '../../../src/kernel/current.ts';
import { path_limits } from '../../../src/kernel/eventpoll/loop_check.ts';
import { EP_UNACTIVE_PTR, statics } from '../../../src/kernel/eventpoll/types.ts';
import { EEXIST, EINVAL, ELOOP } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import type { MachineOptions } from '../../../src/sim/machine.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { add, del, epOf, eventfds, harvest, mod } from '../../support/epoll.ts';
import { writeCount } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';

function* epolls(sys: Sys, count: number): Code<number[]> {
  const fds: number[] = [];
  for (let i = 0; i < count; i++) fds.push(yield* sys.epoll_create1(0));
  return fds;
}

/** Makes epolls 0, 1, 2… and adds edges (outer, inner) between them; what each ADD answered. */
const edges = (
  list: readonly (readonly [number, number])[],
  options: MachineOptions = {},
): number[] =>
  inMachine(function* (sys) {
    const fds = yield* epolls(sys, 8);
    const rets: number[] = [];
    for (const [outer, inner] of list) {
      rets.push(yield* add(sys, fds[outer] as number, fds[inner] as number, EPOLLIN));
    }
    return rets;
  }, options);

describe('circles', () => {
  /** CVE-2011-1082: a circle made poll recurse until the stack was used up. */
  test.each([
    [
      'two',
      [
        [0, 1],
        [1, 0],
      ],
    ],
    [
      'three',
      [
        [0, 1],
        [1, 2],
        [2, 0],
      ],
    ],
    [
      'four',
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 0],
      ],
    ],
  ] as const)('a circle of %s epolls is -ELOOP at the edge that would close it', (_n, list) => {
    const rets = edges(list);

    expect(rets.at(-1)).toBe(-ELOOP);
    expect(rets.slice(0, -1).every((ret) => ret === 0)).toBe(true);
  });

  /** Two ways to one epoll are no circle. */
  test('a diamond is allowed', () => {
    expect(
      edges([
        [0, 1],
        [0, 2],
        [1, 3],
        [2, 3],
      ]),
    ).toEqual([0, 0, 0, 0]);
  });

  /** C.3: the circle is looked for before the item. */
  test('an edge that exists is -EEXIST, and -ELOOP if it closes a circle', () => {
    expect(
      edges([
        [0, 1],
        [0, 1],
        [1, 0],
      ]),
    ).toEqual([0, -EEXIST, -ELOOP]);
  });

  /** A refused ADD must leave the topology as it was. */
  test('what made a circle may be added once the circle is open', () => {
    const rets = inMachine(function* (sys) {
      const [a = -1, b = -1] = yield* epolls(sys, 2);
      return [
        yield* add(sys, a, b, EPOLLIN),
        yield* add(sys, b, a, EPOLLIN),
        yield* del(sys, a, b),
        yield* add(sys, b, a, EPOLLIN),
      ];
    });

    expect(rets).toEqual([0, -ELOOP, 0, 0]);
  });
});

describe('depth', () => {
  const down = [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 5],
  ] as const;
  const up = [
    [4, 5],
    [3, 4],
    [2, 3],
    [1, 2],
    [0, 1],
  ] as const;

  /** CVE-2025-38614: chains that grew upwards were never measured before 6.17. */
  test.each([
    ['downwards', down],
    ['upwards', up],
  ])('five epolls in a row are allowed and the sixth is -ELOOP, built %s', (_way, list) => {
    expect(edges(list)).toEqual([0, 0, 0, 0, -ELOOP]);
  });

  /** Two chains of three that are joined make six. */
  test('what counts is the chain below the edge, the edge, and the chain above it', () => {
    expect(
      edges([
        [0, 1],
        [1, 2],
        [3, 4],
        [4, 5],
        [2, 3],
      ]),
    ).toEqual([0, 0, 0, 0, -ELOOP]);
    expect(
      edges([
        [0, 1],
        [1, 2],
        [3, 4],
        [2, 3],
      ]),
    ).toEqual([0, 0, 0, 0]);
  });

  /** A shorter way to the same epoll must not hide the longer one. */
  test('of several chains the longest counts', () => {
    expect(
      edges([
        [0, 4],
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 5],
      ]),
    ).toEqual([0, 0, 0, 0, 0, -ELOOP]);
  });

  /** C.10: before f2e467a48287 the sixth failed only above a watched file, and with EINVAL. */
  test('without f2e467a48287 a sixth epoll is allowed until a file hangs below', () => {
    const rets = inMachine(
      function* (sys) {
        const fds = yield* epolls(sys, 6);
        const [efd = -1] = yield* eventfds(sys, 0);
        const answers: number[] = [];
        for (const [outer, inner] of up) {
          answers.push(yield* add(sys, fds[outer] as number, fds[inner] as number, EPOLLIN));
        }
        answers.push(yield* add(sys, fds[5] as number, efd, EPOLLIN));
        return answers;
      },
      { without: ['f2e467a48287'] },
    );

    expect(rets).toEqual([0, 0, 0, 0, 0, -EINVAL]);
  });

  /** And a circle was refused all the same. */
  test('without f2e467a48287 a circle is -ELOOP', () => {
    expect(
      edges(
        [
          [0, 1],
          [1, 0],
        ],
        { without: ['f2e467a48287'] },
      ),
    ).toEqual([0, -ELOOP]);
  });

  /** An event climbs the longest chain that is allowed. */
  test('an event below five epolls is seen in the outermost', () => {
    const seen = inMachine(function* (sys) {
      const fds = yield* epolls(sys, 5);
      const [efd = -1] = yield* eventfds(sys, 0);
      for (let i = 0; i < 4; i++) yield* add(sys, fds[i] as number, fds[i + 1] as number, EPOLLIN);
      yield* add(sys, fds[4] as number, efd, EPOLLIN);
      const before = yield* harvest(sys, fds[0] as number);
      yield* writeCount(sys, efd, 1n);
      return [before, yield* harvest(sys, fds[0] as number)];
    });

    expect(seen).toEqual([[], [4]]);
  });
});

describe('paths', () => {
  /** Watches the top of a chain of `length` - 1 epolls above a file until that is refused. */
  const paths = (length: number): [number, number] =>
    inMachine(
      function* (sys) {
        const chain = yield* epolls(sys, length - 1);
        const [efd = -1] = yield* eventfds(sys, 0);
        yield* add(sys, chain[0] as number, efd, EPOLLIN);
        for (let i = 1; i < chain.length; i++) {
          yield* add(sys, chain[i] as number, chain[i - 1] as number, EPOLLIN);
        }
        for (let count = 0; ; count++) {
          const outer = yield* sys.epoll_create1(0);
          const ret = yield* add(sys, outer, chain.at(-1) as number, EPOLLIN);
          if (ret !== 0) return [count, ret];
        }
      },
      { nofile: 2048 },
    );

  /** CVE-2011-1083: one wakeup must not climb by millions of paths (verified on 6.18). */
  test.each([
    [2, 500],
    [3, 100],
    [4, 50],
    [5, 10],
  ])('a file has at most so many paths through %i epolls: %i', (length, limit) => {
    expect(paths(length)).toEqual([limit, -EINVAL]);
    expect(path_limits[length - 1]).toBe(limit);
  });

  /** The first limit has no effect (93dc6107a76d): a listener in a thousand processes is fine. */
  test('any number of epolls may watch a file directly', () => {
    const rets = inMachine(
      function* (sys) {
        const [efd = -1] = yield* eventfds(sys, 0);
        const answers = new Set<number>();
        for (const epfd of yield* epolls(sys, 1100))
          answers.add(yield* add(sys, epfd, efd, EPOLLIN));
        return [...answers];
      },
      { nofile: 2048 },
    );

    expect(rets).toEqual([0]);
  });

  /** The order of building must not matter (verified on 6.18). */
  test('a file that is added below 501 paths is refused, and leaves no trace', () => {
    const seen = inMachine(
      function* (sys) {
        const middle = yield* sys.epoll_create1(0);
        const outer = yield* epolls(sys, 501);
        for (const epfd of outer) yield* add(sys, epfd, middle, EPOLLIN);
        const [efd = -1] = yield* eventfds(sys, 0);
        const watches = current.user.epoll_watches;
        const refused = yield* add(sys, middle, efd, EPOLLIN);
        const after = current.user.epoll_watches - watches;
        yield* sys.close(outer[0] as number);
        return [refused, after, yield* add(sys, middle, efd, EPOLLIN)];
      },
      { nofile: 2048 },
    );

    expect(seen).toEqual([-EINVAL, 0, 0]);
  });

  /** Every file below the new edge is counted, not only the nearest. */
  test('an edge is refused for the sake of any file below it', () => {
    const ret = inMachine(
      function* (sys) {
        const [lower = -1, middle = -1] = yield* epolls(sys, 2);
        const [near = -1, far = -1] = yield* eventfds(sys, 0, 0);
        yield* add(sys, lower, far, EPOLLIN);
        yield* add(sys, middle, near, EPOLLIN);
        for (const epfd of yield* epolls(sys, 101)) yield* add(sys, epfd, middle, EPOLLIN);
        return yield* add(sys, middle, lower, EPOLLIN);
      },
      { nofile: 2048 },
    );

    expect(ret).toBe(-EINVAL);
  });

  /** Only ADD can make paths. */
  test('MOD of an item with too many paths above it is not checked', () => {
    const ret = inMachine(
      function* (sys) {
        const middle = yield* sys.epoll_create1(0);
        const [efd = -1] = yield* eventfds(sys, 0);
        yield* add(sys, middle, efd, EPOLLIN);
        for (const epfd of yield* epolls(sys, 500)) yield* add(sys, epfd, middle, EPOLLIN);
        return yield* mod(sys, middle, efd, EPOLLIN);
      },
      { nofile: 2048 },
    );

    expect(ret).toBe(0);
  });
});

/** CVE-2012-3375: a list that was not cleared after a refused ADD was walked by the next one. */
test.each([
  ['refused', 1],
  ['allowed', 2],
])('the list of files to check is empty after an ADD that was %s', (_what, target) => {
  const seen = inMachine(function* (sys) {
    const fds = yield* epolls(sys, 3);
    const [efd = -1] = yield* eventfds(sys, 0);
    for (const epfd of fds) yield* add(sys, epfd, efd, EPOLLIN);
    yield* add(sys, fds[0] as number, fds[1] as number, EPOLLIN);
    yield* add(sys, fds[target] as number, fds[0] as number, EPOLLIN);
    const at = statics();
    return [at.tfile_check_list === EP_UNACTIVE_PTR, at.epnested_mutex.owner];
  });

  expect(seen).toEqual([true, null]);
});

/** The generation marks what this check has visited; a mark of an older one must not count. */
test('a second ADD measures the depth again', () => {
  const rets = inMachine(function* (sys) {
    const fds = yield* epolls(sys, 7);
    const link = (outer: number, inner: number) =>
      add(sys, fds[outer] as number, fds[inner] as number, EPOLLIN);
    return [
      yield* link(0, 1),
      yield* link(1, 2),
      yield* link(2, 3),
      yield* link(3, 4),
      yield* link(4, 5),
      yield* del(sys, fds[0] as number, fds[1] as number),
      yield* link(4, 5),
      epOf(fds[4] as number).gen > 0,
    ];
  });

  expect(rets).toEqual([0, 0, 0, 0, -ELOOP, 0, 0, true]);
});
