import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { epollsim, slow } from './run.ts';

const log = 'test/fixtures/strace/mistakes/pipe-wrong.log';
const sound = 'test/fixtures/strace/mistakes/pipe-right.log';

/** Who wants to see what the kernel had, line by line, and what is wrong. */
test('strace shows a row a call, and what was found at the end', slow, () => {
  const { code, out } = epollsim(['strace', log]);

  expect(code).toBe(1);
  expect(out).toMatch(/^ line │ state after it/m);
  expect(out).toContain('epoll_wait(3, 1, 100) = 1 [IN 4]');
  expect(out).toContain('pipe4  90 B');
  expect(out).toContain('\nevery result can be explained\n');
  expect(out).toContain('\nbug: edge-unread (lines ');
  expect(out).toContain('cure: read until EAGAIN');
});

test('strace gives 0 where nothing is wrong, and says so', slow, () => {
  const { code, out } = epollsim(['strace', '--format', 'findings', sound]);

  expect(code).toBe(0);
  expect(out).toMatch(/nothing suspicious was found\n$/);
});

/** A script that looks through the logs of a night. */
test('strace --json prints an object a line, from standard input too', slow, () => {
  const { out } = epollsim(['strace', '--json', '-'], readFileSync(log, 'utf8'));
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; kind?: string; calls?: number });

  expect(lines.filter(({ type }) => type === 'call').length).toBeGreaterThan(10);
  expect(lines.find(({ type }) => type === 'finding')).toMatchObject({
    kind: 'edge-unread',
    level: 'bug',
  });
  expect(lines.at(-1)).toMatchObject({ type: 'summary', unexplainedCount: 0, malformedCount: 0 });
});

test('strace --format state shows trees and queues, with what has changed', slow, () => {
  const { out } = epollsim(['strace', '--format', 'state', log]);

  expect(out).toMatch(/^\* +rdllist +4$/m);
  expect(out).toMatch(/^[*+ ] {3}tree +4 black {2}pipe4 {2}EPOLLIN\|EPOLLERR\|EPOLLHUP\|EPOLLET/m);
});

test('strace says which lines it could not read, and does not fail for them', slow, () => {
  const { code, out } = epollsim(
    ['strace', '-f', 'findings', '-'],
    'Hello\r\nclose(3) = 0\r\nread(3, "x',
  );

  expect(code).toBe(0);
  expect(out).toContain('2 malformed lines, skipped:\n  line 1: expected a call');
  expect(out).toContain('  line 3: the line is cut');
});

test.each([
  [['strace'], 'strace: expected a file, or - for standard input, found none'],
  [['strace', 'a', 'b'], 'strace: expected a file, or - for standard input, found "b" too'],
  [
    ['strace', '--format', 'graph', log],
    '--format: expected table, state, findings, found "graph"',
  ],
  [['strace', 'no-such-file'], 'cannot read no-such-file: there is no such file'],
  [['strace', '--kernel', '1.0', log], '1.0'],
])('epollsim %s is refused', slow, (args, message) => {
  const { code, err } = epollsim(args);

  expect(code).toBe(2);
  expect(err).toContain(message);
});

/** "Every result can be explained", of the file next to the log. */
test.each([['--json'], ['--format', 'findings'], []])(
  'strace %s refuses a text of which no line is one of strace',
  slow,
  (...options) => {
    const { code, err, out } = epollsim(['strace', ...options, '-'], 'const a = 1;\nexport {};\n');

    expect(code).toBe(2);
    expect(err).toContain(
      'expected a log of strace, found 2 lines, of which none is a call (line 1',
    );
    expect(out).not.toContain('explained');
  },
);
