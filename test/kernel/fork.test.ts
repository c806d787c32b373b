import { describe, expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import { runSyscall } from '../../src/kernel/entry.ts';
import { kernel_clone } from '../../src/kernel/fork.ts';
import { do_send_specific } from '../../src/kernel/kill.ts';
import { SIG_IGN } from '../../src/kernel/signal.ts';
import { EBADF, EINVAL, EMFILE } from '../../src/kernel/uapi/errno.ts';
import {
  F_DUPFD,
  F_GETFD,
  F_GETFL,
  F_SETFL,
  FD_CLOEXEC,
  O_NONBLOCK,
} from '../../src/kernel/uapi/fcntl.ts';
import { CLONE_FILES, CLONE_PARENT } from '../../src/kernel/uapi/sched.ts';
import {
  SIG_BLOCK,
  SIGCHLD,
  SIGKILL,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
} from '../../src/kernel/uapi/signal.ts';
import { WNOHANG } from '../../src/kernel/uapi/wait.ts';
import { Machine } from '../../src/sim/machine.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import { type Code, type Program, type Sys, sigset } from '../../src/syscalls/sys.ts';
import { WTERMSIG } from '../../src/syscalls/wait.ts';
import { pause, readCount, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

/** What a child returns; the parent waits for its end. */
function* fromChild<T>(sys: Sys, child: (sys: Sys) => Code<T>): Code<T> {
  const got: T[] = [];
  const pid = yield* sys.fork(function* (self) {
    got.push(yield* child(self));
  });
  yield* sys.wait4(pid);
  return got[0] as T;
}

describe('the descriptors of a child', () => {
  /** A server that closes the listener in its workers goes on accepting. */
  test('are copies: neither close nor dup reaches the parent', () => {
    inMachine(function* (sys) {
      const fd = yield* sys.eventfd2(0, 0);
      const made = yield* fromChild(sys, function* (child) {
        yield* child.close(fd);
        return yield* child.fcntl(0, F_DUPFD, 20);
      });
      expect(made).toBe(20);
      expect([yield* sys.fcntl(fd, F_GETFD), yield* sys.fcntl(20, F_GETFD)]).toEqual([0, -EBADF]);
    });
  });

  /** One O_NONBLOCK for both: the classic surprise with a terminal. */
  test('share the open files: status flags and counters are the same', () => {
    inMachine(function* (sys) {
      const fd = yield* sys.eventfd2(0, 0);
      yield* fromChild(sys, function* (child) {
        yield* child.fcntl(fd, F_SETFL, O_NONBLOCK);
        yield* writeCount(child, fd, 7n);
      });
      expect((yield* sys.fcntl(fd, F_GETFL)) & O_NONBLOCK).toBe(O_NONBLOCK);
      expect(yield* readCount(sys, fd)).toBe(7);
    });
  });

  /** fork(2): FD_CLOEXEC is copied with the descriptor. */
  test('keep FD_CLOEXEC, and the lowest free number is the same', () => {
    inMachine(function* (sys) {
      const fd = yield* sys.eventfd2(0, 0o2000000);
      yield* sys.close(0);
      const seen = yield* fromChild(sys, function* (child) {
        return [yield* child.fcntl(fd, F_GETFD), yield* child.dup(fd)];
      });
      expect(seen).toEqual([FD_CLOEXEC, 0]);
    });
  });

  /** RLIMIT_NOFILE is inherited. */
  test('are as many as the parent may have', () => {
    const ret = inMachine((sys) => fromChild(sys, (child) => child.fcntl(0, F_DUPFD, 3)), {
      nofile: 3,
    });
    expect(ret).toBe(-EINVAL);
    const none = inMachine((sys) => fromChild(sys, (child) => child.dup(0)), { nofile: 3 });
    expect(none).toBe(-EMFILE);
  });

  /** clone(2). */
  test('are the parent’s own with CLONE_FILES', () => {
    inMachine(function* (sys) {
      const fd = yield* sys.eventfd2(0, 0);
      const pid = yield* sys.clone(CLONE_FILES | SIGCHLD, function* (child) {
        yield* child.close(fd);
        yield* child.dup2(0, 50);
      });
      yield* sys.wait4(pid);
      expect([yield* sys.fcntl(fd, F_GETFD), yield* sys.fcntl(50, F_GETFD)]).toEqual([-EBADF, 0]);
    });
  });
});

describe('the signals of a child', () => {
  /** fork(2): dispositions and mask are inherited. */
  test('have the handlers and the mask of the parent, and then their own', () => {
    inMachine(function* (sys) {
      const log: string[] = [];
      yield* sys.sigaction(SIGUSR1, {
        *handler() {
          log.push('handled');
        },
      });
      yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR2));
      const status = yield* fromChild(sys, function* (child) {
        const pid = yield* child.getpid();
        yield* child.kill(pid, SIGUSR1);
        yield* child.kill(pid, SIGUSR2);
        yield* child.sigaction(SIGUSR1, { handler: SIG_IGN });
        return 'lives';
      });
      yield* sys.kill(yield* sys.getpid(), SIGUSR1);
      expect([log, status]).toEqual([['handled', 'handled'], 'lives']);
    });
  });
});

describe('a signal while fork() is under way', () => {
  /** copy_process(): it is handled first, and fork() is made anew, whatever the handler's flags. */
  test('is handled before there is a child', () => {
    inMachine(function* (sys) {
      const log: string[] = [];
      yield* sys.sigaction(SIGUSR1, {
        *handler() {
          log.push('handler');
        },
      });
      let sent = false;
      const pid = yield* runSyscall(function* () {
        if (!sent) yield* do_send_specific(sys.task, SIGUSR1);
        sent = true;
        return yield* kernel_clone(SIGCHLD, () => log.push('child'));
      });
      expect([log, pid > 0]).toEqual([['handler', 'child'], true]);
      (sys.task.kernel.tasks.get(pid) as typeof sys.task).execution = null;
    });
  });

  /** kill(-pgid) must leave nobody behind, however fast they multiply. */
  test.each([
    ['SIGTERM', SIGTERM],
    ['SIGKILL', SIGKILL],
  ])('%s to a whole group also ends the child, on every schedule tried', (_, sig) => {
    for (let seed = 1; seed <= 60; seed++) {
      const machine = new Machine({ schedule: randomSchedule(seed) });
      machine.spawn(function* (sys) {
        const leader = yield* sys.fork(function* (self) {
          yield* self.setpgid(0, 0);
          yield* self.fork((child) => child.nanosleep({ tv_sec: 1, tv_nsec: 0 }));
          yield* self.nanosleep({ tv_sec: 1, tv_nsec: 0 });
        });
        while ((yield* sys.kill(-leader, sig)) !== 0) yield* sys.sched_yield();
      });
      machine.settle();
      expect([seed, machine.kernel.tasks.size]).toEqual([seed, 0]);
    }
  });
});

/** struct multiprocess_signals: the child is not in the group yet, and its parent is past the look. */
test('a signal to a whole group that comes in the middle of fork() is for the child too', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const told: string[] = [];
    const machine = new Machine({ schedule: randomSchedule(seed) });
    machine.spawn(function* (sys) {
      const leader = yield* sys.fork(function* (self) {
        yield* self.sigaction(SIGUSR1, {
          *handler() {
            const { pid, children } = current;
            told.push(pid === leader ? `the parent of ${children.length}` : 'the child');
          },
        });
        yield* self.setpgid(0, 0);
        yield* self.fork((child) => child.nanosleep({ tv_sec: 1, tv_nsec: 0 }));
      });
      while ((yield* sys.kill(-leader, SIGUSR1)) !== 0) yield* sys.sched_yield();
    });
    machine.run();
    if (told.includes('the parent of 1')) expect([seed, ...told]).toContain('the child');
  }
});

describe('the family', () => {
  /** getpid(2), getppid(2). */
  test('a child has a number of its own, and its parent’s as getppid()', () => {
    inMachine(function* (sys) {
      const me = yield* sys.getpid();
      const [pid, ppid] = yield* fromChild(sys, function* (child) {
        return [yield* child.getpid(), yield* child.getppid()];
      });
      expect([pid, ppid]).toEqual([me + 1, me]);
      expect(yield* sys.getppid()).toBe(1);
    });
  });

  /** daemon(3) forks twice for this. */
  test('an orphan is a child of init, which takes note of its end', () => {
    const parents: number[] = [];
    inMachine(function* (sys) {
      yield* fromChild(sys, function* (child) {
        yield* child.fork(function* (orphan) {
          yield* pause(orphan);
          parents.push(yield* orphan.getppid());
        });
      });
      yield* pause(sys, 5);
      expect((yield* sys.wait4(-1)).ret).toBe(-10);
    });
    expect(parents).toEqual([1]);
  });

  /** A zombie whose parent ends is not left behind. */
  test('a zombie goes with its parent', () => {
    inMachine(function* (sys) {
      const zombie = yield* fromChild(sys, function* (child) {
        const pid = yield* child.fork(function* () {});
        yield* pause(child);
        return pid;
      });
      expect(yield* sys.kill(zombie, 0)).toBe(-3);
    });
  });

  /** A thread that has made a child may end before it. */
  test('the child of a thread goes to another thread of its process', () => {
    inMachine(function* (sys) {
      const made: number[] = [];
      const tid = yield* sys.pthread_create(function* (thread) {
        made.push(yield* thread.fork((child) => pause(child, 5)));
      });
      yield* sys.pthread_join(tid);
      expect((yield* sys.wait4(-1)).ret).toBe(made[0]);
    });
  });

  /** clone(2), CLONE_PARENT: who waits is the grandparent. */
  test('with CLONE_PARENT the child is a sibling', () => {
    inMachine(function* (sys) {
      const made = yield* fromChild(sys, (child) =>
        child.clone(CLONE_PARENT, (self) => pause(self, 5)),
      );
      expect((yield* sys.wait4(-1)).ret).toBe(made);
    });
  });

  /** What is not modelled is refused instead of ignored. */
  test('clone() with a flag that is not there is EINVAL', () => {
    const ret = inMachine((sys) => sys.clone(0x10000 | SIGCHLD, function* () {}));
    expect(ret).toBe(-EINVAL);
  });
});

describe('vfork()', () => {
  /** Why posix_spawn() can tell that the program was not found. */
  test.each<[string, Program, boolean]>([
    ['ends', function* () {}, true],
    ['calls execve()', (child) => child.execve('other', (self) => pause(self, 50)), false],
  ])('comes back when the child %s', (_, then, ended) => {
    inMachine(function* (sys) {
      const log: string[] = [];
      yield* sys.vfork(function* (child) {
        yield* pause(child, 5);
        log.push('the child is done');
        yield* then(child);
      });
      expect(log).toEqual(['the child is done']);
      expect((yield* sys.wait4(-1, WNOHANG)).ret > 0).toBe(ended);
    });
  });

  /** TASK_KILLABLE: a child that never comes to an end is no reason not to die. */
  test('a signal that kills the parent does not wait for the child', () => {
    inMachine(function* (sys) {
      const pid = yield* sys.fork(function* (child) {
        yield* child.vfork((self) => pause(self, 1000));
      });
      yield* pause(sys);
      yield* sys.kill(pid, 9);
      const before = sys.task.kernel.hrtimers.now_ns;
      const { status } = yield* sys.wait4(pid);
      expect([WTERMSIG(status), sys.task.kernel.hrtimers.now_ns - before]).toEqual([9, 0]);
    });
  });
});
