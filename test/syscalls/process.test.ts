import { describe, expect, test } from 'vitest';
import { SIG_IGN } from '../../src/kernel/signal.ts';
import { EINVAL, EPERM, ESRCH } from '../../src/kernel/uapi/errno.ts';
import { SIG_BLOCK, SIGCHLD, SIGKILL, SIGTERM, SIGUSR1 } from '../../src/kernel/uapi/signal.ts';
import { type Code, type Program, type Sys, sigset } from '../../src/syscalls/sys.ts';
import { WEXITSTATUS, WTERMSIG } from '../../src/syscalls/wait.ts';
import { ms, pause } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

const sleeping: Program = (child) => child.nanosleep(ms(100_000));

describe('setpgid()', () => {
  /** setpgid(2), ERRORS; played on 6.18. */
  test.each([
    ['init, which is no child', 1, 0, -ESRCH],
    ['a negative group', 0, -1, -EINVAL],
    ['a process that does not exist', 99_999, 0, -ESRCH],
    ['a group that does not exist', 0, 99_999, -EPERM],
    ['a group of its own', 0, 0, 0],
  ])('of %s', (_, pid, pgid, expected) => {
    expect(inMachine((sys) => sys.setpgid(pid, pgid))).toBe(expected);
  });

  /** A shell and its child both call it, so that neither has to be first. */
  test('moves a child to a group, and back', () => {
    inMachine(function* (sys) {
      const me = yield* sys.getpid();
      const child = yield* sys.fork(sleeping);
      const groups = [yield* sys.getpgid(child)];
      yield* sys.setpgid(child, 0);
      groups.push(yield* sys.getpgid(child));
      yield* sys.setpgid(child, me);
      groups.push(yield* sys.getpgid(child));
      expect(groups).toEqual([me, child, me]);
      yield* sys.kill(child, SIGKILL);
    });
  });

  /** A session cannot be entered, and its leader cannot be moved. */
  test('is EPERM for a child that has made a session', () => {
    inMachine(function* (sys) {
      const seen: number[] = [];
      const child = yield* sys.fork(function* (self) {
        seen.push(yield* self.setsid(), yield* self.setsid(), yield* self.setpgid(0, 0));
        seen.push(yield* self.getsid(0), yield* self.getpgid(0));
        yield* sleeping(self);
      });
      yield* pause(sys);
      expect(seen).toEqual([child, -EPERM, -EPERM, child, child]);
      expect([yield* sys.setpgid(child, 0), yield* sys.getsid(child)]).toEqual([-EPERM, child]);
      yield* sys.kill(child, SIGKILL);
    });
  });

  /** setpgid(2), ERRORS: only what the caller has made itself. */
  test('of a thread is EINVAL, of a grandchild ESRCH', () => {
    inMachine(function* (sys) {
      const tid = yield* sys.pthread_create((thread) => pause(thread, 5));
      const made: number[] = [];
      yield* sys.fork(function* (child) {
        made.push(yield* child.fork((self) => pause(self, 5)));
        yield* pause(child, 5);
      });
      yield* pause(sys);
      const grandchild = made[0] as number;
      expect([yield* sys.setpgid(tid, 0), yield* sys.setpgid(grandchild, 0)]).toEqual([
        -EINVAL,
        -ESRCH,
      ]);
    });
  });
});

/** A shell leads a group; a daemon must not when it calls setsid(). */
test('setsid() is refused to the leader of a process group', () => {
  expect(inMachine((sys) => sys.setsid())).toBe(-EPERM);
});

describe('kill()', () => {
  /** Two children in a group of their own, which note what they get. */
  function* group(sys: Sys, log: string[]): Code<number> {
    let leader = 0;
    for (const name of ['first', 'second']) {
      const child = yield* sys.fork(function* (self) {
        yield* self.sigaction(SIGUSR1, {
          *handler(_, { si_pid }) {
            log.push(`${name} from ${si_pid}`);
          },
        });
        yield* self.nanosleep(ms(100));
      });
      if (leader === 0) leader = child;
      yield* sys.setpgid(child, leader);
    }
    yield* pause(sys);
    return leader;
  }

  /** Ctrl-C, as a shell sends it. Played on 6.18. */
  test('of a negative number goes to each process of the group, and to no other', () => {
    inMachine(function* (sys) {
      const log: string[] = [];
      const me = yield* sys.getpid();
      const leader = yield* group(sys, log);
      expect(yield* sys.kill(-leader, SIGUSR1)).toBe(0);
      yield* pause(sys);
      expect(log.sort()).toEqual([`first from ${me}`, `second from ${me}`]);
    });
  });

  /** A group lives as long as a member, be it a zombie. */
  test('of a group is ESRCH when its last zombie is gone', () => {
    inMachine(function* (sys) {
      const leader = yield* sys.fork(sleeping);
      yield* sys.setpgid(leader, 0);
      const rets = [yield* sys.kill(-leader, SIGTERM)];
      yield* pause(sys);
      rets.push(yield* sys.kill(-leader, 0));
      yield* sys.wait4(leader);
      rets.push(yield* sys.kill(-leader, 0));
      expect(rets).toEqual([0, 0, -ESRCH]);
    });
  });

  /** A server that ends its workers, itself included. */
  test('of 0 goes to the group of the caller', () => {
    inMachine(function* (sys) {
      const child = yield* sys.fork(function* (self) {
        yield* self.setpgid(0, 0);
        const worker = yield* self.fork(sleeping);
        yield* self.sigprocmask(SIG_BLOCK, sigset(SIGTERM));
        yield* self.kill(0, SIGTERM);
        yield* self.exit_group(WTERMSIG((yield* self.wait4(worker)).status));
      });
      expect(WEXITSTATUS((yield* sys.wait4(child)).status)).toBe(SIGTERM);
    });
  });

  /** kill(2): all processes but init and the caller itself. */
  test('of -1 goes to all others, and is ESRCH where there are none', () => {
    inMachine(function* (sys) {
      const children = [yield* sys.fork(sleeping), yield* sys.fork(sleeping)];
      const rets = [yield* sys.kill(-1, SIGKILL)];
      for (const child of children) {
        const { ret, status } = yield* sys.wait4(-1);
        rets.push(ret - child, status);
      }
      rets.push(yield* sys.kill(-1, 0));
      expect(rets).toEqual([0, 0, SIGKILL, 0, SIGKILL, -ESRCH]);
    });
  });

  /** kill(2), NOTES: signals to init for which it has no handler do nothing. */
  test('does not end init', () => {
    inMachine(function* (sys) {
      expect([yield* sys.kill(1, 0), yield* sys.kill(1, SIGKILL)]).toEqual([0, 0]);
      expect(sys.task.kernel.child_reaper?.signal.group_exit).toBe(false);
    });
  });
});

describe('the end of a process', () => {
  /** exit(2) of a thread is not that of its process. */
  test('comes with its last thread, whose exit() says the status', () => {
    inMachine(function* (sys) {
      const child = yield* sys.fork(function* (self) {
        yield* self.pthread_create(function* (thread) {
          yield* pause(thread, 5);
          yield* thread.exit(6);
        });
        yield* self.exit(3);
      });
      yield* pause(sys);
      expect((yield* sys.wait4(child, 1)).ret).toBe(0);
      expect(WEXITSTATUS((yield* sys.wait4(child)).status)).toBe(6);
    });
  });

  /** release_task(): the last thread lets go of the first, which had to wait for it. */
  test('is told with its last thread, by SIGCHLD too', () => {
    inMachine(function* (sys) {
      const told: number[] = [];
      yield* sys.sigaction(SIGCHLD, {
        *handler(_, { si_status }) {
          told.push(si_status);
        },
      });
      yield* sys.fork(function* (self) {
        yield* self.pthread_create(function* (thread) {
          yield* pause(thread, 5);
          yield* thread.exit_group(8);
        });
        yield* self.exit(3);
      });
      yield* pause(sys);
      expect(told).toEqual([]);
      yield* sys.nanosleep(ms(10));
      expect(told).toEqual([8]);
    });
  });

  /** The same where nobody waits. */
  test('leaves nothing behind where its first thread has ended before the others', () => {
    inMachine(function* (sys) {
      yield* sys.sigaction(SIGCHLD, { handler: SIG_IGN });
      const child = yield* sys.fork(function* (self) {
        yield* self.pthread_create((thread) => pause(thread, 5));
        yield* self.exit(3);
      });
      const rets = [yield* sys.kill(child, 0)];
      yield* pause(sys, 10);
      rets.push(yield* sys.kill(child, 0));
      expect(rets).toEqual([0, -ESRCH]);
    });
  });

  /** exit_group(2): whoever calls it decides for all. */
  test('by exit_group() of any thread has the status that this one gave', () => {
    inMachine(function* (sys) {
      const child = yield* sys.fork(function* (self) {
        yield* self.pthread_create((thread) => thread.exit_group(8));
        yield* sleeping(self);
      });
      expect(WEXITSTATUS((yield* sys.wait4(child)).status)).toBe(8);
    });
  });

  /** A signal that nobody handles ends all threads, and is what the parent is told. */
  test('by a signal to one thread is told as that signal', () => {
    inMachine(function* (sys) {
      const child = yield* sys.fork(function* (self) {
        const tid = yield* self.pthread_create(sleeping);
        yield* self.tgkill(yield* self.getpid(), tid, SIGTERM);
        yield* sleeping(self);
      });
      expect(WTERMSIG((yield* sys.wait4(child)).status)).toBe(SIGTERM);
    });
  });
});
