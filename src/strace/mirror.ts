/**
 * The kernel's side of a log: a machine on which the calls of the log are made, one after the other.
 *
 * Kernel code is driven here and not by the machine's own loop: who is woken does not run before
 * the log says that it did. A thread that sleeps in epoll_wait() is a generator that has stopped
 * before schedule(); waking it makes it runnable, and it goes on when its line comes.
 *
 * Invariants: between two calls no lock is held; only sleepers in epoll_wait() have code under way.
 */
import { __assign_bit, __set_bit } from '../kernel/bitmap.ts';
import { current, setCurrent } from '../kernel/current.ts';
import { do_epoll_wait } from '../kernel/eventpoll/index.ts';
import type { eventpoll } from '../kernel/eventpoll/types.ts';
import { perform } from '../kernel/execute.ts';
import { do_exit } from '../kernel/exit.ts';
import { dup_fd } from '../kernel/fdtable.ts';
import { __put_unused_fd, expand_files, type file, fput, get_file } from '../kernel/file.ts';
import type { Globals } from '../kernel/globals.ts';
import { list_del_init } from '../kernel/list.ts';
import { Execution, type Kernel } from '../kernel/op.ts';
import { TASK_RUNNING, type task_struct } from '../kernel/sched.ts';
import { SIG_IGN } from '../kernel/signal.ts';
import { grantSteps } from '../kernel/steps.ts';
import { task_work_run } from '../kernel/task_work.ts';
import { EventBuffer, type epoll_event } from '../kernel/uaccess.ts';
import { SIGCHLD } from '../kernel/uapi/signal.ts';
import { Machine, type MachineOptions } from '../sim/machine.ts';

/** No descriptor of a process is higher (/proc/sys/fs/nr_open). */
export const highestFd = 1_048_575;

/** A call of epoll_wait() that sleeps in the model. */
export interface Sleeping {
  readonly code: Kernel<number>;
  readonly buffer: EventBuffer;
  readonly maxevents: number;
  readonly epollFile: file;
}

/** What epoll_wait() gave in the model; null if it sleeps. */
export interface Harvest {
  readonly ret: number;
  readonly events: readonly epoll_event[];
}

export class Mirror {
  readonly kernel: Globals;
  /** Hears of each file that comes behind a descriptor. */
  installed: (f: file, fd: number) => void = () => {};
  private readonly machine: Machine;
  private readonly sleepers: Map<task_struct, Sleeping> = new Map();

  constructor(options: MachineOptions) {
    this.machine = new Machine({ ...options, cpus: 1, nofile: highestFd + 1 });
    this.kernel = this.machine.kernel;
  }

  /** A process of the log, with an empty table. */
  newProcess(comm: string, pid: number): task_struct {
    this.nextPid(pid);
    const task = this.machine.newProcess(comm);
    for (let fd = 0; fd < 3; fd++) this.close(task, fd);
    task.sighand.action[SIGCHLD] = { handler: SIG_IGN, flags: 0, mask: 0n };
    return task;
  }

  /** A thread: it shares the table of `of`. */
  newThread(of: task_struct, comm: string, pid: number): task_struct {
    this.nextPid(pid);
    return this.machine.newThread(of, comm);
  }

  /** A process with a copy of the table of `of`. */
  newChild(of: task_struct, comm: string, pid: number): task_struct {
    const child = this.newProcess(comm, pid);
    child.files = this.drive(of, dup_fd(of.files));
    return child;
  }

  /** Numbers are those of the log where they are free. */
  private nextPid(pid: number): void {
    const { kernel } = this;
    if (pid > 1 && !kernel.tasks.has(pid) && !kernel.pids.has(pid)) kernel.last_pid = pid - 1;
    else while (kernel.pids.has(kernel.last_pid + 1)) kernel.last_pid++;
  }

  /** Carries kernel code out that cannot sleep here, as `task`; what it returns. */
  drive<T>(task: task_struct, code: Kernel<T>): T {
    setCurrent(task);
    grantSteps(this.kernel);
    for (;;) {
      const step = code.next(0);
      if (step.done === true) {
        if (task.task_works.length > 0) this.drive(task, task_work_run());
        return step.value;
      }
      if (!perform(step.value, task)) throw new Error(`${step.value.verb}: the model would sleep`);
    }
  }

  /** What happens outside of the log: an interrupt, in Linux. */
  outside<T>(code: Kernel<T>): T {
    return this.drive(this.kernel.child_reaper as task_struct, code);
  }

  fileOf(task: task_struct, fd: number): file | null {
    return task.files.fd[fd] ?? null;
  }

  /** Puts a file behind a descriptor; the table takes the caller's reference. */
  install(task: task_struct, fd: number, f: file, cloexec: boolean): void {
    const { files } = task;
    if (fd < 0 || fd > highestFd) return;
    if (this.fileOf(task, fd) !== null) this.close(task, fd);
    expand_files(files, fd);
    while (files.fd.length <= fd) files.fd.push(null);
    __set_bit(fd, files.open_fds);
    __assign_bit(fd, files.close_on_exec, cloexec);
    files.fd[fd] = f;
    this.installed(f, fd);
  }

  /** Takes a descriptor out of the table; the caller has its reference. */
  take(task: task_struct, fd: number): void {
    task.files.fd[fd] = null;
    __put_unused_fd(task.files, fd);
  }

  setCloexec(task: task_struct, fd: number, cloexec: boolean): void {
    if (this.fileOf(task, fd) !== null) __assign_bit(fd, task.files.close_on_exec, cloexec);
  }

  duplicate(task: task_struct, f: file, to: number, cloexec: boolean): void {
    get_file(f);
    this.install(task, to, f, cloexec);
  }

  /** False if the descriptor was not open. */
  close(task: task_struct, fd: number): boolean {
    const f = this.fileOf(task, fd);
    if (f === null) return false;
    task.files.fd[fd] = null;
    __put_unused_fd(task.files, fd);
    this.release(task, f);
    return true;
  }

  /** Gives a reference back. */
  release(task: task_struct, f: file): void {
    setCurrent(task);
    fput(f);
    if (task.task_works.length > 0) this.drive(task, task_work_run());
  }

  exit(task: task_struct): void {
    this.abandon(task);
    setCurrent(task);
    const code = do_exit(0);
    for (let step = code.next(0); step.done !== true; step = code.next(0)) {
      if (!perform(step.value, task)) break; // It has left its CPU for ever.
    }
    this.kernel.live--;
    task.execution = null;
    this.kernel.tasks.delete(task.pid);
  }

  /** The call that a task sleeps in, in the model. */
  sleepingIn(task: task_struct): Sleeping | null {
    return this.sleepers.get(task) ?? null;
  }

  /** Has somebody woken it? */
  isWoken(task: task_struct): boolean {
    return this.sleepers.has(task) && task.__state === TASK_RUNNING;
  }

  /** Tasks that sleep, or were woken, on an instance. */
  *sleepersOn(ep: eventpoll): Iterable<task_struct> {
    for (const [task, { epollFile }] of this.sleepers) {
      if (epollFile.private_data === ep) yield task;
    }
  }

  /** Begins epoll_wait(); null if it sleeps. */
  wait(task: task_struct, epfd: number, maxevents: number, sleeps: boolean): Harvest | null {
    this.abandon(task);
    const epollFile = this.fileOf(task, epfd) as file;
    const buffer = new EventBuffer();
    setCurrent(task);
    const code = do_epoll_wait(epfd, buffer, maxevents, sleeps ? null : 0);
    task.execution = new Execution('epoll_wait', code);
    task.execution.call = 'epoll_wait';
    return this.goOn(task, { code, buffer, maxevents, epollFile });
  }

  /** A task that was woken looks for events; null if it sleeps again. */
  resume(task: task_struct): Harvest | null {
    const sleeping = this.sleepers.get(task);
    if (sleeping === undefined) return null;
    this.leaveQueue(task);
    return this.goOn(task, sleeping);
  }

  private goOn(task: task_struct, sleeping: Sleeping): Harvest | null {
    const { code, buffer } = sleeping;
    setCurrent(task);
    grantSteps(this.kernel);
    task.on_cpu = true;
    for (;;) {
      const step = code.next(0);
      if (step.done === true) {
        task.on_cpu = false;
        task.execution = null;
        this.sleepers.delete(task);
        if (task.task_works.length > 0) this.drive(task, task_work_run());
        return { ret: step.value, events: buffer.entries };
      }
      if (step.value.verb === 'schedule' && task.__state !== TASK_RUNNING) {
        task.on_cpu = false;
        this.sleepers.set(task, sleeping);
        return null;
      }
      if (!perform(step.value, task)) throw new Error(`${step.value.verb}: the model would sleep`);
    }
  }

  /** Takes a sleeper out of its call: its time is up, or a signal has come, or it was never there. */
  abandon(task: task_struct): void {
    const sleeping = this.sleepers.get(task);
    if (sleeping === undefined) return;
    this.sleepers.delete(task);
    const { wq } = sleeping.epollFile.private_data as eventpoll;
    for (const entry of [...wq.head]) if (entry.private === task) list_del_init(entry.entry);
    this.leaveQueue(task);
    task.__state = TASK_RUNNING;
    task.execution = null;
    this.release(task, sleeping.epollFile);
  }

  private leaveQueue(task: task_struct): void {
    if (!task.on_rq) return;
    task.on_rq = false;
    for (const { queue } of this.kernel.runqueues) {
      const at = queue.toArray().indexOf(task);
      if (at >= 0) queue.removeOne(at);
    }
  }

  /** Whoever looks at the state afterwards is nobody of the log. */
  rest(): void {
    if (current !== this.kernel.child_reaper) setCurrent(this.kernel.child_reaper as task_struct);
  }
}
