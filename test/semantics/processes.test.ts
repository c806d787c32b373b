/** Event loops in several processes: fork() copies descriptors, not instances. Played on 6.18. */
import { expect, test } from 'vitest';
import { EBADF, ENOENT } from '../../src/kernel/uapi/errno.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLL_CLOEXEC, EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { SIG_BLOCK, SIGCHLD, SIGUSR1 } from '../../src/kernel/uapi/signal.ts';
import { SFD_NONBLOCK } from '../../src/kernel/uapi/signalfd.ts';
import { P_PID, WEXITED, WNOWAIT } from '../../src/kernel/uapi/wait.ts';
import { type Code, type Program, type Sys, sigset } from '../../src/syscalls/sys.ts';
import { pause, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, readText, ready, remove } from './scenes.ts';

/** Runs a child to its end. */
function* inChild(sys: Sys, child: Program): Code<void> {
  const pid = yield* sys.fork(child);
  yield* sys.wait4(pid);
}

/** A child that keeps copies of all descriptors until it is told to go. */
function* keeper(sys: Sys): Code<() => Code<void>> {
  const stop = yield* sys.eventfd2(0, 0);
  const pid = yield* sys.fork(function* (child) {
    yield* child.read(stop, new Uint8Array(8));
  });
  return function* () {
    yield* writeCount(sys, stop, 1n);
    yield* sys.wait4(pid);
  };
}

/** A library that opens an instance before the program forks: parent and child change one set. */
test('parent and child share the instance: what one adds the other is told of', () => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    yield* inChild(sys, function* (child) {
      yield* add(child, ep, fd, EPOLLIN);
    });
    expect(yield* ready(sys, ep)).toEqual([fd]);
    yield* inChild(sys, function* (child) {
      yield* remove(child, ep, fd);
    });
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** epoll(7), Q6: close() is the end of a registration only if nobody has a duplicate. */
test('a closed descriptor goes on reporting while a child has a copy of it', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLIN);
    const end = yield* keeper(sys);
    yield* sys.close(r);
    yield* sys.write(w, 'x');
    expect(yield* ready(sys, ep)).toEqual([r]);
    yield* end();
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** No way out but to close the instance, or to make the child close its copy. */
test('a registration of a closed descriptor cannot be removed, nor under its number', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLIN);
    const end = yield* keeper(sys);
    yield* sys.close(r);
    expect(yield* remove(sys, ep, r)).toBe(-EBADF);
    const other = yield* sys.eventfd2(1, EFD_NONBLOCK);
    expect([other, yield* remove(sys, ep, other)]).toEqual([r, -ENOENT]);
    // The number is another file's, which can be added: two registrations with the same data.
    yield* add(sys, ep, other, EPOLLIN);
    yield* sys.write(w, 'x');
    expect(yield* ready(sys, ep)).toEqual([r, r]);
    yield* end();
    expect(yield* ready(sys, ep)).toEqual([r]);
  });
});

/** The set of a pre-fork server shrinks by itself when a worker dies. */
test('what only the child has open leaves the instance when the child ends', () => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const seen: number[][] = [];
    const child = yield* sys.fork(function* (self) {
      yield* add(self, ep, yield* self.eventfd2(1, 0), EPOLLIN);
      seen.push(yield* ready(self, ep));
    });
    yield* sys.waitid(P_PID, child, WEXITED | WNOWAIT);
    expect([...seen, yield* ready(sys, ep)]).toEqual([[4], []]); // Though it is still a zombie.
  });
});

/** The thundering herd of pre-fork servers, and its end: one wakeup, one process. */
test('parent and child wait in one instance: an edge wakes one of them', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    const counts: number[] = [];
    const waiting: Program = function* (self) {
      counts.push((yield* self.epoll_wait(ep, 8, 300)).ret);
    };
    yield* sys.fork(waiting);
    yield* sys.fork(waiting);
    yield* pause(sys);
    yield* writeCount(sys, fd, 1n);
    yield* sys.wait4(-1);
    yield* sys.wait4(-1);
    expect(counts.sort()).toEqual([0, 1]);
  });
});

/** A child without its own instance reads what was meant for the parent. */
test('a child that reads takes the event from its parent', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLIN);
    yield* sys.write(w, 'x');
    const read: unknown[] = [];
    yield* inChild(sys, function* (child) {
      read.push(yield* readText(child, r));
    });
    expect([read, yield* ready(sys, ep)]).toEqual([['x'], []]);
  });
});

/** The reason for EPOLL_CLOEXEC: a program that knows nothing of the instance keeps it alive. */
test('execve() closes an instance with EPOLL_CLOEXEC and keeps any other', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, 0);
    const kept = yield* watch(sys, fd, EPOLLIN);
    const closed = yield* sys.epoll_create1(EPOLL_CLOEXEC);
    const found: unknown[] = [];
    yield* inChild(sys, function* (child) {
      yield* child.execve('/bin/other', function* (self) {
        found.push(yield* ready(self, kept), (yield* self.epoll_wait(closed, 1, 0)).ret);
      });
    });
    expect(found).toEqual([[fd], -EBADF]);
  });
});

/** Close-on-exec is of the descriptor; a registration is of the open file. */
test('a watched descriptor with FD_CLOEXEC leaves the instance at execve(), unless it has a duplicate', () => {
  inMachine(function* (sys) {
    const found: unknown[] = [];
    yield* sys.fork(function* (child) {
      const ep = yield* child.epoll_create1(0);
      const plain = yield* child.eventfd2(1, 0);
      const gone = yield* child.eventfd2(1, EFD_CLOEXEC);
      const twice = yield* child.eventfd2(1, EFD_CLOEXEC);
      yield* child.dup(twice);
      for (const fd of [plain, gone, twice]) yield* add(child, ep, fd, EPOLLIN);
      yield* child.execve('other', function* (self) {
        found.push([plain, twice], yield* ready(self, ep));
      });
    });
    yield* sys.wait4(-1);
    expect(found[1]).toEqual(found[0]);
  });
});

/** A worker inherits the loop's signalfd: it hears nothing of its own signals. */
test('a signalfd that the parent has added does not wake the child for its own signals', () => {
  inMachine(function* (sys) {
    yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
    const fd = yield* sys.signalfd4(-1, sigset(SIGUSR1), SFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    const found: unknown[] = [];
    yield* inChild(sys, function* (child) {
      yield* child.kill(yield* child.getpid(), SIGUSR1);
      found.push(yield* ready(child, ep), yield* child.read(fd, new Uint8Array(128)));
    });
    expect(found).toEqual([[], 128]);
  });
});

/** The reverse: the child's look takes the event off the list, and the parent sleeps over it. */
test("a child that looks takes the event of its parent's signal away", () => {
  inMachine(function* (sys) {
    yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
    const fd = yield* sys.signalfd4(-1, sigset(SIGUSR1), SFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* sys.kill(yield* sys.getpid(), SIGUSR1);
    const found: unknown[] = [];
    yield* inChild(sys, function* (child) {
      found.push(yield* ready(child, ep));
    });
    found.push(yield* ready(sys, ep), yield* sys.read(fd, new Uint8Array(128)));
    expect(found).toEqual([[], [], 128]);
  });
});

/** fork(2): pending signals are not inherited; the mask is. */
test('a signal that is pending in the parent is not pending in the child', () => {
  inMachine(function* (sys) {
    yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
    const fd = yield* sys.signalfd4(-1, sigset(SIGUSR1), SFD_NONBLOCK);
    yield* sys.kill(yield* sys.getpid(), SIGUSR1);
    const found: unknown[] = [];
    yield* inChild(sys, function* (child) {
      found.push(yield* child.read(fd, new Uint8Array(128)));
      yield* child.kill(yield* child.getpid(), SIGUSR1); // Blocked, or it would end the child.
      found.push(yield* child.read(fd, new Uint8Array(128)));
    });
    expect(found).toEqual([-11, 128]);
  });
});

/** POLLFREE: the queue is the dead child's. It lets go of the item when the child is reaped. */
test('a signalfd that a child has added wakes nobody until the child has been waited for', () => {
  inMachine(function* (sys) {
    yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
    const fd = yield* sys.signalfd4(-1, sigset(SIGUSR1), SFD_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    const child = yield* sys.fork(function* (self) {
      yield* add(self, ep, fd, EPOLLIN);
      yield* pause(self, 5);
    });
    yield* pause(sys);
    yield* sys.kill(yield* sys.getpid(), SIGUSR1);
    const found = [yield* ready(sys, ep)];
    yield* sys.waitid(P_PID, child, WEXITED | WNOWAIT);
    found.push(yield* ready(sys, ep));
    yield* sys.wait4(child);
    found.push(yield* ready(sys, ep));
    expect(found).toEqual([[], [], [fd]]);
    expect(yield* remove(sys, ep, fd)).toBe(0);
  });
});

/** One loop for sockets and children, before there was pidfd. */
test('the end of a child is an event of a signalfd that reads SIGCHLD', () => {
  inMachine(function* (sys) {
    yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGCHLD));
    const fd = yield* sys.signalfd4(-1, sigset(SIGCHLD), SFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* sys.fork(function* (child) {
      yield* pause(child, 5);
    });
    const found = yield* sys.epoll_wait(ep, 8, -1);
    expect(found.map(({ data }) => data)).toEqual([fd]);
  });
});

/** Why programs need no SA_RESTART for a signal that they do not handle. */
test('SIGCHLD ends epoll_wait() only if there is a handler', () => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const short: Program = (child) => pause(child, 5);
    yield* sys.fork(short);
    expect((yield* sys.epoll_wait(ep, 1, 50)).ret).toBe(0);
    yield* sys.sigaction(SIGCHLD, { *handler() {} });
    yield* sys.fork(short);
    expect((yield* sys.epoll_wait(ep, 1, 50)).ret).toBe(-4);
  });
});
