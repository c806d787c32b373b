import { expect, test } from 'vitest';
import { SIG_DFL, SIG_IGN } from '../../src/kernel/signal.ts';
import { EACCES } from '../../src/kernel/uapi/errno.ts';
import { F_GETFD, O_CLOEXEC } from '../../src/kernel/uapi/fcntl.ts';
import { CLONE_FILES } from '../../src/kernel/uapi/sched.ts';
import {
  SIG_BLOCK,
  SIGCHLD,
  SIGHUP,
  SIGKILL,
  SIGUSR1,
  SIGUSR2,
} from '../../src/kernel/uapi/signal.ts';
import { Machine } from '../../src/sim/machine.ts';
import { sigset } from '../../src/syscalls/sys.ts';
import { WEXITSTATUS, WTERMSIG } from '../../src/syscalls/wait.ts';
import { pause } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

/** execve(2): the call does not return on success. */
test('the old program does not go on, and the process ends with the new one', () => {
  const log: string[] = [];
  const machine = new Machine();
  const spawned = machine.spawn(function* (sys) {
    yield* sys.execve('/usr/bin/new', function* (self) {
      log.push(self.task.comm);
      yield* self.exit_group(5);
    });
    log.push('came back');
  }, 'old');
  machine.run();
  expect([log, spawned.result]).toEqual([['new'], { how: 'exited', status: 5 }]);
});

/** A program that returns ends its process, as every main(). */
test('the return of the new program is the end of the process', () => {
  inMachine(function* (sys) {
    const pid = yield* sys.fork((child) => child.execve('new', function* () {}));
    expect(yield* sys.wait4(pid)).toEqual({ ret: pid, status: 0 });
  });
});

/** open(2), O_CLOEXEC; the lowest first, and the files behind them the other way round. */
test('descriptors with FD_CLOEXEC are closed, all others stay', () => {
  inMachine(function* (sys) {
    const open: number[] = [];
    const kept = yield* sys.eventfd2(0, 0);
    const closed = yield* sys.eventfd2(0, O_CLOEXEC);
    const pid = yield* sys.fork((child) =>
      child.execve('new', function* (self) {
        open.push(yield* self.fcntl(kept, F_GETFD), yield* self.fcntl(closed, F_GETFD));
      }),
    );
    yield* sys.wait4(pid);
    expect([open, yield* sys.fcntl(closed, F_GETFD)]).toEqual([[0, -9], 1]);
  });
});

/** unshare_files(): a table that is shared must not lose descriptors to somebody's execve(). */
test('who shares the descriptors keeps them', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, O_CLOEXEC);
    const seen: number[] = [];
    const pid = yield* sys.clone(CLONE_FILES | SIGCHLD, (child) =>
      child.execve('new', function* (self) {
        seen.push(yield* self.fcntl(fd, F_GETFD));
        yield* self.close(0);
      }),
    );
    yield* sys.wait4(pid);
    const mine = [yield* sys.fcntl(fd, F_GETFD), yield* sys.fcntl(0, F_GETFD)];
    expect([seen, mine]).toEqual([[-9], [1, 0]]);
  });
});

/** signal(7): what is ignored stays ignored, which nohup lives on. */
test('handlers are forgotten, ignored signals, the mask and pending ones stay', () => {
  inMachine(function* (sys) {
    const pid = yield* sys.fork(function* (child) {
      yield* child.sigaction(SIGUSR1, { *handler() {}, flags: 0x10000000 });
      yield* child.sigaction(SIGUSR2, { handler: SIG_IGN });
      yield* child.sigprocmask(SIG_BLOCK, sigset(SIGHUP));
      yield* child.kill(yield* child.getpid(), SIGHUP);
      yield* child.execve('new', (self) => pause(self, 100));
    });
    yield* pause(sys);
    const { sighand, signal, blocked } = sys.task.kernel.tasks.get(pid) as typeof sys.task;
    const { action } = sighand;
    expect([action[SIGUSR1], action[SIGUSR2]]).toEqual([
      { handler: SIG_DFL, flags: 0, mask: 0n },
      { handler: SIG_IGN, flags: 0, mask: 0n },
    ]);
    expect([blocked, signal.shared_pending.signal]).toEqual([sigset(SIGHUP), sigset(SIGHUP)]);
    yield* sys.kill(pid, SIGUSR1);
    expect(WTERMSIG((yield* sys.wait4(pid)).status)).toBe(SIGUSR1);
  });
});

/** execve(2): all threads other than the calling thread are destroyed. */
test('other threads end, wherever they sleep', () => {
  inMachine(function* (sys) {
    const log: string[] = [];
    const pid = yield* sys.fork(function* (child) {
      yield* child.pthread_create(function* (thread) {
        yield* pause(thread, 1000);
        log.push('lives');
      });
      yield* pause(child);
      yield* child.execve('new', function* (self) {
        log.push(`threads: ${self.task.signal.threads.length}`);
        yield* self.exit_group(9);
      });
    });
    expect(WEXITSTATUS((yield* sys.wait4(pid)).status)).toBe(9);
    expect(log).toEqual(['threads: 1']);
  });
});

/** de_thread(): whoever knows the process by its number must find it afterwards. */
test.each([
  ['that sleeps', (ms: number) => ms],
  ['that has ended', () => 0],
])('a thread takes the number of a first thread %s', (_, sleep) => {
  inMachine(function* (sys) {
    const seen: number[] = [];
    const pid = yield* sys.fork(function* (child) {
      yield* child.pthread_create(function* (thread) {
        yield* pause(thread, 2);
        yield* thread.execve('new', function* (self) {
          seen.push(yield* self.getpid(), yield* self.gettid(), yield* self.getppid());
          yield* self.exit_group(4);
        });
      });
      if (sleep(1) > 0) yield* pause(child, 1000);
      yield* child.exit(3);
    });
    expect(yield* sys.wait4(-1)).toEqual({ ret: pid, status: 0x400 });
    expect(seen).toEqual([pid, pid, yield* sys.getpid()]);
  });
});

/** Two threads that call it at once: one wins, and the other does not live to see it fail. */
test('of two threads that call execve() one program runs', () => {
  inMachine(function* (sys) {
    const log: string[] = [];
    const pid = yield* sys.fork(function* (child) {
      yield* child.pthread_create((thread) =>
        thread.execve('a', function* () {
          log.push('a');
        }),
      );
      yield* child.execve('b', function* () {
        log.push('b');
      });
    });
    expect((yield* sys.wait4(pid)).status).toBe(0);
    expect(log.length).toBe(1);
  });
});

/** A kill comes through while the caller waits for its threads. */
test('a process that is killed meanwhile ends', () => {
  inMachine(function* (sys) {
    const pid = yield* sys.fork((child) => child.execve('new', (self) => pause(self, 100)));
    yield* pause(sys);
    yield* sys.kill(pid, SIGKILL);
    expect(WTERMSIG((yield* sys.wait4(pid)).status)).toBe(SIGKILL);
  });
});

/** setpgid(2), EACCES: a shell that comes too late with its setpgid(). */
test('nobody else moves the process to another group after its execve()', () => {
  inMachine(function* (sys) {
    const pid = yield* sys.fork(function* (child) {
      yield* pause(child, 2);
      yield* child.execve('new', (self) => pause(self, 10));
    });
    expect(yield* sys.setpgid(pid, 0)).toBe(0);
    yield* pause(sys, 5);
    expect(yield* sys.setpgid(pid, 0)).toBe(-EACCES);
  });
});

/** From a handler: its frame is the old program's, and goes with it. */
test('works in a signal handler', () => {
  inMachine(function* (sys) {
    const log: string[] = [];
    const pid = yield* sys.fork(function* (child) {
      yield* child.sigaction(SIGUSR1, {
        *handler() {
          yield* child.execve('new', function* () {
            log.push('new');
          });
        },
      });
      yield* pause(child, 100);
      log.push('came back');
    });
    yield* pause(sys);
    yield* sys.kill(pid, SIGUSR1);
    yield* sys.wait4(pid);
    expect(log).toEqual(['new']);
  });
});
