/** /proc/PID/fd and /proc/PID/fdinfo: the texts are those of 6.18. */
import { expect, test } from 'vitest';
import { type Code, type Sys, sigset } from '../../src/index.ts';
import { ENOENT } from '../../src/kernel/uapi/errno.ts';
import { EFD_NONBLOCK, EFD_SEMAPHORE } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
} from '../../src/kernel/uapi/fcntl.ts';
import { CLONE_FILES } from '../../src/kernel/uapi/sched.ts';
import { SIGKILL, SIGUSR1 } from '../../src/kernel/uapi/signal.ts';
import {
  AF_INET,
  AF_UNIX,
  SCM_RIGHTS,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../src/kernel/uapi/socket.ts';
import { CLOCK_MONOTONIC } from '../../src/kernel/uapi/time.ts';
import { pause } from '../support/programs.ts';
import { openMaster, openPeer } from '../support/pty.ts';
import { inMachine } from '../support/run.ts';

/** Where the links lead, by descriptor, numbers of inodes as N. */
function* links(sys: Sys, pid = 0): Code<string[]> {
  const found = (yield* sys.procFd(pid)).links;
  return found.map(({ fd, target }) => `${fd} ${target.replace(/\[\d+\]/, '[N]')}`);
}

/** `ls -l /proc/self/fd`, as whoever hunts a leak of descriptors reads it. */
test('/proc/PID/fd leads to what is open', () => {
  inMachine(function* (sys) {
    yield* sys.epoll_create1(0);
    yield* sys.eventfd2(0, 0);
    yield* sys.timerfd_create(CLOCK_MONOTONIC, 0);
    yield* sys.signalfd4(-1, sigset(SIGUSR1), 0);
    yield* sys.inotify_init1(0);
    yield* sys.pidfd_open(yield* sys.getpid(), 0);
    yield* sys.pipe2(0);
    yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
    yield* sys.socket(AF_INET, SOCK_DGRAM);
    yield* sys.open('/tmp', O_RDONLY | O_DIRECTORY);
    yield* openPeer(sys, yield* openMaster(sys));
    expect(yield* links(sys)).toEqual([
      '0 /dev/null',
      '1 /dev/null',
      '2 /dev/null',
      '3 anon_inode:[eventpoll]',
      '4 anon_inode:[eventfd]',
      '5 anon_inode:[timerfd]',
      '6 anon_inode:[signalfd]',
      '7 anon_inode:inotify',
      '8 anon_inode:[pidfd]',
      '9 pipe:[N]',
      '10 pipe:[N]',
      '11 socket:[N]',
      '12 socket:[N]',
      '13 socket:[N]',
      '14 /tmp',
      '15 /dev/ptmx',
      '16 /dev/pts/0',
    ]);
  });
});

/** A link follows its file, and says when the name is gone; log rotation shows so. */
test('a link has the name that the file has now', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.open('/tmp/a', O_RDWR | O_CREAT, 0o644);
    yield* sys.rename('/tmp/a', '/tmp/b');
    expect((yield* links(sys))[fd]).toBe('3 /tmp/b');
    yield* sys.unlink('/tmp/b');
    expect((yield* links(sys))[fd]).toBe('3 /tmp/b (deleted)');
    const m = yield* openMaster(sys);
    const s = yield* openPeer(sys, m);
    yield* sys.close(m);
    expect((yield* links(sys)).at(-1)).toBe(`${s} /dev/pts/0 (deleted)`);
  });
});

/** lsof -p: another process has its own. */
test('/proc/PID/fd and fdinfo are about the process that is asked for', () => {
  inMachine(function* (sys) {
    const child = yield* sys.fork(function* (self) {
      yield* self.eventfd2(5, 0);
      yield* pause(self, 1000);
    });
    yield* pause(sys);
    expect((yield* links(sys, child)).at(-1)).toBe('3 anon_inode:[eventfd]');
    expect((yield* links(sys)).length).toBe(3);
    expect((yield* sys.fdinfo(3, child)).text).toContain('eventfd-count:                5\n');
    expect((yield* sys.fdinfo(3)).ret).toBe(-ENOENT);
    yield* sys.kill(child, SIGKILL);
    yield* pause(sys);
    expect(yield* sys.procFd(child)).toEqual({ links: [], ret: 0 });
    expect((yield* sys.fdinfo(3, child)).ret).toBe(-ENOENT);
    yield* sys.wait4(child, 0);
    expect((yield* sys.procFd(child)).ret).toBe(-ENOENT);
  });
});

/** A child that shared the table and has ended has none, whatever its parent still has open. */
test('a process that has ended has no descriptors, also where it shared them', () => {
  inMachine(function* (sys) {
    const child = yield* sys.clone(CLONE_FILES, function* () {});
    yield* pause(sys);
    expect(yield* sys.procFd(child)).toEqual({ links: [], ret: 0 });
    expect((yield* links(sys)).length).toBe(3);
  });
});

/** What CRIU and htop parse, to the blank; numbers of mounts and inodes are the machine's. */
test('fdinfo has the lines of Linux for each kind', () => {
  inMachine(function* (sys) {
    const text = function* (fd: number): Code<string> {
      const lines = (yield* sys.fdinfo(fd)).text.split('\n').filter((line) => line !== '');
      return lines
        .filter((line) => !/^(mnt_id|ino):/.test(line))
        .map((line) => line.replace(/ino:[0-9a-f]+ sdev:[0-9a-f]+/, 'ino:N sdev:N'))
        .join('~');
    };
    const ep = yield* sys.epoll_create1(EPOLL_CLOEXEC);
    const ev = yield* sys.eventfd2(7, EFD_SEMAPHORE | EFD_NONBLOCK);
    const interest = { events: EPOLLIN | EPOLLET, data: 0x123456789abcdefn };
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, interest);
    expect(yield* text(ep)).toBe(
      'pos:\t0~flags:\t02000002~tfd:        4 events: 80000019 data:  123456789abcdef  pos:0 ino:N sdev:N',
    );
    expect((yield* text(ev)).replace(/id: \d+/, 'id: N')).toBe(
      'pos:\t0~flags:\t04002~eventfd-count:                7~eventfd-id: N~eventfd-semaphore: 1',
    );
    const timer = yield* sys.timerfd_create(CLOCK_MONOTONIC, 0);
    expect(yield* text(timer)).toBe(
      'pos:\t0~flags:\t02~clockid: 1~ticks: 0~settime flags: 00~it_value: (0, 0)~it_interval: (0, 0)',
    );
    const signals = yield* sys.signalfd4(-1, sigset(SIGUSR1), 0);
    expect(yield* text(signals)).toBe('pos:\t0~flags:\t02~sigmask:\t0000000000000200');
    const pid = yield* sys.getpid();
    const pidfd = yield* sys.pidfd_open(pid, O_NONBLOCK);
    expect(yield* text(pidfd)).toBe(`pos:\t0~flags:\t02004002~Pid:\t${pid}~NSpid:\t${pid}`);
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    expect([yield* text(r), yield* text(w)]).toEqual([
      'pos:\t0~flags:\t04000',
      'pos:\t0~flags:\t04001',
    ]);
    const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
    expect(yield* text(a)).toBe('pos:\t0~flags:\t02~scm_fds: 0');
    const rights = { level: SOL_SOCKET, type: SCM_RIGHTS, data: [0, 1] };
    yield* sys.sendmsg(b, { msg_iov: [Uint8Array.of(1)], msg_control: [rights] }, 0);
    expect(yield* text(a)).toBe('pos:\t0~flags:\t02~scm_fds: 2');
    yield* sys.read(a, new Uint8Array(1));
    expect(yield* text(a)).toBe('pos:\t0~flags:\t02~scm_fds: 0');
    const f = yield* sys.open('/tmp/a', O_RDWR | O_CREAT | O_APPEND, 0o644);
    yield* sys.write(f, 'hello');
    expect(yield* text(f)).toBe('pos:\t5~flags:\t0102002');
    const dir = yield* sys.open('/tmp', O_RDONLY | O_DIRECTORY);
    expect(yield* text(dir)).toBe('pos:\t0~flags:\t0300000');
    expect(yield* text(0)).toBe('pos:\t0~flags:\t0100002');
    const m = yield* openMaster(sys, 0);
    expect(yield* text(m)).toBe('pos:\t0~flags:\t0100002~tty-index:\t0');
    expect(yield* text(yield* openPeer(sys, m, 0))).toBe('pos:\t0~flags:\t02');
    const i = yield* sys.inotify_init1(0);
    yield* sys.inotify_add_watch(i, '/tmp', 0x300);
    expect(yield* text(i)).toBe(
      'pos:\t0~flags:\t00~inotify wd:1 ino:N sdev:N mask:300 ignored_mask:0 ',
    );
  });
});
