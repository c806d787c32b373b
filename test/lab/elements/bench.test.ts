/** What the elements are made of: changes, links, trees, words in colours, schedules. */
import type { MachineView, TreeNode } from 'epollsim';
import { describe, expect, test } from 'vitest';
import { Changes } from '../../../lab/elements/bench/changes.ts';
import { fragmentOf, type Place, placeIn } from '../../../lab/elements/bench/link.ts';
import { layoutOf } from '../../../lab/elements/bench/tree_layout.ts';
import { highlighted } from '../../../lab/elements/highlight.ts';
import { compile } from '../../../lab/model/compile.ts';
import { record } from '../../../lab/model/recording.ts';
import { wayOf } from '../../../lab/model/schedule.ts';

const runOf = (body: string) =>
  record(
    compile(`
      import { EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';
      export default function* main(sys: Sys) {${body}}`),
  ).moments;

describe('changes between two views', () => {
  const moments = runOf(`
    const ep = yield* sys.epoll_create1(0);
    const event = yield* sys.eventfd2(0, 0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    yield* sys.write(event, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    yield* sys.close(event);`);
  const changesAt = (words: string): Changes => {
    const i = moments.findIndex(({ sentence }) => sentence.includes(words));
    return new Changes(moments[i - 1]?.view as MachineView, moments[i]?.view as MachineView);
  };

  /** The mark on the list is what a lab asks the reader to look at. */
  test('an item that comes onto rdllist is new there, and its instance is not', () => {
    const changes = changesAt('onto rdllist');
    expect(changes.has('epolls/ep3/rdllist/ep3[4]')).toBe(true);
    expect(changes.has('epolls/ep3/items/ep3[4]/on')).toBe(true);
    expect(changes.has('epolls/ep3')).toBe(false);
    expect(changes.has('epolls/ep3/tree/ep3[4]')).toBe(false);
  });

  test('what has gone is named', () => {
    const before = moments.find(({ sentence }) => sentence.includes('calls close'))?.view;
    const after = moments.find(({ sentence }) => sentence.includes('close gives'))?.view;
    const changes = new Changes(before as MachineView, after as MachineView);
    expect(changes.gone('files')).toEqual(['eventfd4']);
    expect(changes.gone('epolls/ep3/items')).toEqual(['ep3[4]']);
    expect(changes.gone('epolls')).toEqual([]);
  });

  test('between a view and itself nothing has changed', () => {
    const view = moments.at(20)?.view as MachineView;
    const changes = new Changes(view, view);
    expect(changes.has('tasks/main/state')).toBe(false);
    expect(changes.gone('files')).toEqual([]);
  });

  /** Two entries of one name on a queue: one of them gone is a change. */
  test('things of the same name are counted', () => {
    const view = (names: string[]): MachineView => ({
      time_ns: 0,
      tasks: [],
      epolls: [],
      timers: [],
      files: [
        {
          name: 'pipe3',
          kind: 'pipe',
          descriptors: [],
          state: {},
          queues: [
            {
              name: 'q',
              waiters: names.map((name) => ({ name, kind: 'task', exclusive: false })),
            },
          ],
        },
      ],
    });
    expect(new Changes(view(['a']), view(['a', 'a'])).has('files/pipe3/queues/q/waiters/a#2')).toBe(
      true,
    );
    expect(new Changes(view(['a', 'a']), view(['a'])).gone('files/pipe3/queues/q/waiters')).toEqual(
      ['a#2'],
    );
  });
});

describe('links', () => {
  const place: Place = {
    program: null,
    text: 'export default function* main() { /* 终 😀 */ }\n',
    kernel: '5.6',
    without: ['65759097d804'],
    steps: ['main: start', 't1: lock ep->lock'],
    at: 17,
  };

  /** What was sent is what is seen. */
  test('a link leads to what it was made of', async () => {
    expect(await placeIn(await fragmentOf(place))).toEqual(place);
  });

  /** Steps repeat themselves: a long schedule still fits into a mail. */
  test('three hundred steps take less than a kilobyte', async () => {
    const steps = Array.from({ length: 300 }, (_, i) => `t${i % 3}: look at socket${i % 5}`);
    expect((await fragmentOf({ program: '03-callback', steps, at: 3 })).length).toBeLessThan(1000);
  });

  /** A mail program that cuts addresses, and whoever writes one by hand. */
  test.each(['', '#bench=', '#bench=AAAA', '#bench=%%%', '#other', '#bench=q1YqyC9KTFeyUjA'])(
    '%s leads nowhere, and throws nothing',
    async (fragment) => {
      expect(await placeIn(fragment)).toBeNull();
    },
  );

  test.each([
    [{ program: '../../etc/passwd', at: 1 }],
    [{ program: null, at: 1 }],
    [{ program: 'x', at: 1.5 }],
    [{ program: 'x', at: 1, steps: [1] }],
    [{ program: 'x', at: 1, with: 'abc' }],
  ])('%j is no place', async (found) => {
    expect(await placeIn(await fragmentOf(found as unknown as Place))).toBeNull();
  });
});

describe('the drawing of a tree', () => {
  const node = (item: string, left: TreeNode | null, right: TreeNode | null): TreeNode => ({
    item,
    colour: 'black',
    left,
    right,
  });

  /** A lone child on the wrong side would be another tree. */
  test('left is left of its parent, and right is right of it', () => {
    const { nodes } = layoutOf(
      node('5', node('3', null, node('4', null, null)), node('7', null, null)),
    );
    const x = (item: string): number => nodes.find((one) => one.item === item)?.x ?? Number.NaN;
    expect(x('3')).toBeLessThan(x('5'));
    expect(x('4')).toBeGreaterThan(x('3'));
    expect(x('4')).toBeLessThan(x('7'));
    expect(x('7')).toBeGreaterThan(x('5'));
  });

  test('no two nodes of a level are nearer than they are wide, and all are inside', () => {
    const full = (depth: number, name = 'r'): TreeNode | null =>
      depth === 0 ? null : node(name, full(depth - 1, `${name}0`), full(depth - 1, `${name}1`));
    const { height, nodes, width } = layoutOf(full(4) as TreeNode);
    expect(nodes).toHaveLength(15);
    for (const a of nodes) {
      expect(a.x).toBeGreaterThan(0);
      expect(a.x).toBeLessThan(width);
      expect(a.y).toBeLessThan(height);
      for (const b of nodes)
        if (a !== b && a.y === b.y) expect(Math.abs(a.x - b.x)).toBeGreaterThan(60);
    }
  });
});

describe('words in colours', () => {
  /** The listing is the text: no letter more or less, each line where it was. */
  test('the words of the lines are the text', () => {
    const text = `/* two\nlines */ const a = 'x // y'; // \`z\`\nyield* sys.epoll_wait(ep, 0x10, -1);\n`;
    const lines = highlighted(text);
    expect(lines.map((line) => line.map((word) => word.text).join('')).join('\n')).toBe(text);
    expect(lines[0]).toEqual([{ kind: 'comment', text: '/* two' }]);
    expect(lines[1]).toContainEqual({ kind: 'string', text: "'x // y'" });
    expect(lines[2]).toContainEqual({ kind: 'keyword', text: 'yield' });
    expect(lines[2]).toContainEqual({ kind: 'number', text: '0x10' });
  });
});

test('a schedule is its steps, on the kernel that its head names', () => {
  const text =
    '# epollsim schedule 1\r\n# kernel 5.6\n# without abc1234\n# about x\n\nmain: start\n';
  expect(wayOf(text)).toEqual({
    kernel: { kernel: '5.6', with: [], without: ['abc1234'] },
    steps: ['main: start'],
  });
});
