/** The forms in which strace prints a line. */
import { expect, test } from 'vitest';
import { readLine } from '../../src/strace/line.ts';
import { bytesOf, fdOf, splitArguments } from '../../src/strace/text.ts';

/** Whoever records with other options than we do. */
test.each([
  ['close(3) = 0', null],
  ['[pid    17] close(3) = 0', 17],
  ['17    close(3)                         = 0', 17],
  ['17 06:26:30 close(3) = 0', 17],
  ['17 06:26:30.028414 close(3) = 0', 17],
  ['17 1795328783.817224 close(3) = 0 <0.000003>', 17],
  ['17      0.000050 close(3) = 0 <0.000003>', 17],
  ['     0.000050 close(3) = 0', null],
  ['06:26:30 (+     0.000050) close(3) = 0', null],
  ['[pid 17] 06:26:30 [00007f1234567890] close(3) = 0', 17],
  ['17 [   3] close(3) = 0', 17],
])('%s is close(3) by %s', (text, pid) => {
  const line = readLine(text);
  expect(line.pid).toBe(pid);
  expect(line.body).toMatchObject({ kind: 'call', name: 'close', args: '3', returned: { ret: 0 } });
});

test.each([
  ['read(3, "a)\\" = 5, (", 10) = 10', 10, null, null],
  [
    'accept4(3<TCP:[127.0.0.1:80]>, NULL, NULL, 0) = 5<TCP:[127.0.0.1:80->1.2.3.4:5]>',
    5,
    null,
    'TCP:[127.0.0.1:80->1.2.3.4:5]',
  ],
  ['dup2(5</dev/null<char 1:3>>, 0</x>) = 0</dev/null<char 1:3>>', 0, null, '/dev/null<char 1:3>'],
  [
    'read(3, 0x55f2, 8192) = -1 EAGAIN (Resource temporarily unavailable) <0.000003>',
    -1,
    'EAGAIN',
    null,
  ],
  ['pause() = ? ERESTARTNOHAND (To be restarted if no handler)', null, 'ERESTARTNOHAND', null],
  ['exit_group(0) = ?', null, null, null],
])('the result of %s', (text, ret, errno, behind) => {
  expect(readLine(text).body).toMatchObject({ kind: 'call', returned: { ret, errno, behind } });
});

test('poll and select say more behind their result', () => {
  expect(readLine('poll([{fd=3, events=POLLIN}], 1, 0) = 0 (Timeout)').body).toMatchObject({
    returned: { ret: 0, more: 'Timeout' },
  });
  expect(readLine('select(7, [5 6], NULL, NULL, NULL) = 1 (in [5]) <0.1>').body).toMatchObject({
    returned: { ret: 1, more: 'in [5]' },
  });
});

test('a call is begun in one line and resumed in another', () => {
  expect(readLine('7 epoll_wait(9<anon_inode:[eventpoll]>,  <unfinished ...>').body).toEqual({
    kind: 'unfinished',
    name: 'epoll_wait',
    args: '9<anon_inode:[eventpoll]>,',
  });
  expect(readLine('7 <... epoll_wait resumed>[], 512, -1) = 0').body).toMatchObject({
    kind: 'resumed',
    name: 'epoll_wait',
    args: '[], 512, -1',
  });
});

test.each([
  ['--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---', 'signal'],
  ['--- stopped by SIGSTOP ---', 'signal'],
  ['+++ exited with 0 +++', 'exit'],
  ['+++ killed by SIGSEGV (core dumped) +++', 'exit'],
  ['+++ superseded by execve in pid 7 +++', 'superseded'],
  ['strace: Process 7 attached', 'attached'],
  ['strace: Process 7 detached', 'note'],
  ['', 'note'],
  ['read(3, "abc', 'malformed'],
  ['read(3, "abc", 3)', 'malformed'],
  ['<... read resumed', 'malformed'],
  ['Hello, world', 'malformed'],
  ['\u0000\u0001\u0002', 'malformed'],
])('%s is of kind %s', (text, kind) => {
  expect(readLine(text).body.kind).toBe(kind);
});

test('arguments end where a comma stands at the top', () => {
  expect(
    splitArguments('3<UNIX-STREAM:[1->2,"/a,b"]>, "a,\\"b", {x=1, y=[2, 3]}, 0x1 /* a, b */'),
  ).toEqual(['3<UNIX-STREAM:[1->2,"/a,b"]>', '"a,\\"b"', '{x=1, y=[2, 3]}', '0x1 /* a, b */']);
});

test('a descriptor is a number and what is behind it', () => {
  expect(fdOf('7</srv/x>(deleted)')).toEqual({ fd: 7, behind: '/srv/x' });
  expect(fdOf('AT_FDCWD</srv>')).toBeNull();
});

test('a printed string is bytes again, unless it is cut', () => {
  expect(bytesOf('"\\1\\0\\x10\\n1"')).toEqual([1, 0, 16, 10, 49]);
  expect(bytesOf('"abc"...')).toBeNull();
});
