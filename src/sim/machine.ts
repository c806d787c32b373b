/**
 * One machine: a kernel, its CPUs, its clock, and the tasks that run on it.
 *
 * A context (a task, or an interrupt on top of one) runs up to the next operation that it
 * announces. The schedule picks a context, its operation is carried out, and it runs on. When
 * nothing can run, the clock jumps to the next timer.
 *
 * Invariants: at most one context runs on a CPU; the clock never goes back.
 */

import { __set_bit } from '../kernel/bitmap.ts';
import { current, setCurrent } from '../kernel/current.ts';
import { enabled, perform, sleepOn } from '../kernel/execute.ts';
import { type file, files_struct } from '../kernel/file.ts';
import { Changes, lastIdentity, restartIdentities, writesTo } from '../kernel/footprint.ts';
import { linkTask, newThread } from '../kernel/fork.ts';
import { Globals } from '../kernel/globals.ts';
import { type KernelChoice, patchedKernel, rankOf } from '../kernel/history.ts';
import {
  dueAt,
  HRTIMER_NORESTART,
  hrtimer,
  hrtimer_cancel,
  hrtimer_interrupt,
  hrtimer_start,
  hrtimerInterruptOf,
  nextTimer,
  timersToFire,
} from '../kernel/hrtimer.ts';
import { openNull } from '../kernel/mem.ts';
import { Execution, type Kernel, Op } from '../kernel/op.ts';
import { alloc_pid, pid } from '../kernel/pid.ts';
import { enqueue_task, rq, TASK_DEAD, TASK_RUNNING, task_struct } from '../kernel/sched.ts';
import { SIG_IGN, sighand_struct, signal_struct, sigpending } from '../kernel/signal.ts';
import { grantSteps, OutOfSteps, takeReserve } from '../kernel/steps.ts';
import { StoreBuffer } from '../kernel/store_buffer.ts';
import { proc_doulongvec_minmax } from '../kernel/sysctl.ts';
import type { Tracer } from '../kernel/trace.ts';
import { SIGCHLD } from '../kernel/uapi/signal.ts';
import { grantedCapabilities, user_struct } from '../kernel/user.ts';
import { goesAlong } from '../kernel/user_mode.ts';
import { netKnob } from '../net/ipv4/sysctl_net_ipv4.ts';
import { initNet, type NetGlobals, type net, settleNetwork } from '../net/net.ts';
import { checkProgram } from '../syscalls/arguments.ts';
import { inWords } from '../syscalls/found.ts';
import { type Code, type Program, Sys, type ThreadMaker } from '../syscalls/sys.ts';
import { onBehalfOf } from './behalf.ts';
import { Host, type HostOptions, type Link, type LinkOptions, Topology } from './host.ts';
import { type LibertiesTaken, libertyName } from './liberties/index.ts';
import type { Liberty } from './liberty.ts';
import { checkOptions } from './options.ts';
import { pauseNeeded } from './pause.ts';
import {
  checkSleeper,
  notAnOperation,
  nothingYielded,
  runChild,
  runProcess,
  runThread,
} from './program.ts';
import { type Report, type Sleeper, Spawned, sleeperOf } from './report.ts';
import { isObject, type Rule, refuseUnknown } from './rule.ts';
import {
  inOrder,
  Random,
  type Runnable,
  randomSchedule,
  type Schedule,
  type SharedMemory,
} from './schedule.ts';
import { whereItStands } from './spin.ts';
import { keepsNothing, touchKept } from './told.ts';

/** What a machine is built with; each has a value where it is left out. */
export interface MachineOptions extends KernelChoice {
  /** How many CPUs; 2 unless told otherwise. */
  readonly cpus?: number;
  /**
   * Everything that is left to chance follows from it: what links do to packets, and who goes on next
   * unless `schedule` says so. 0 unless told otherwise: each context runs until it sleeps.
   */
  readonly seed?: number;
  /** Who goes on next; see schedule.ts. */
  readonly schedule?: Schedule;
  /** RLIMIT_NOFILE of each process; 1024 unless told otherwise. */
  readonly nofile?: number;
  /** /proc/sys/fs/epoll/max_user_watches. */
  readonly maxUserWatches?: number;
  /** Numbers under /proc/sys, by path; what is under net/ holds for each host. */
  readonly sysctls?: Readonly<Record<string, number>>;
  /**
   * How many steps (operations, system calls, timers that fire) one run() may take, so that what spins for ever does
   * not hang whoever runs it; 10 million unless told otherwise, which take a few seconds, and
   * 1 million in simulate().
   */
  readonly maxSteps?: number;
  /** Who hears of all that happens; a Recorder makes events of it. */
  readonly tracer?: Tracer;
}

/** How a program is started. */
export interface SpawnOptions {
  /** The name of the process and of its first thread; `main` unless told otherwise. */
  readonly name?: string;
  /** The host that it runs on; the machine itself unless told otherwise. */
  readonly host?: Host;
}

const spawnRules: Readonly<Record<keyof SpawnOptions, Rule>> = {
  name: { expected: 'a text', fits: (value) => typeof value === 'string' },
  host: { expected: 'a host', fits: (value) => value instanceof Host },
};

function spawnOptions(as: string | SpawnOptions): SpawnOptions {
  if (typeof as === 'string') return { name: as };
  if (!isObject(as)) {
    throw new TypeError(`spawn: expected a name or an object of options, found ${inWords(as)}`);
  }
  refuseUnknown('spawn', as, spawnRules);
  return as;
}

/** So many timers in the background fire in a row before they are taken to go on for ever. */
const PATIENCE = 1000;

class Choice implements Runnable {
  since = 0;
  stores: StoreBuffer | null = null;
  queue: rq | null = null;
  execution: Execution | null = null;
  timer: hrtimer | null = null;
  liberty: Liberty | null = null;
}

/**
 * A computer with its kernel, its CPUs, its clock and, unless it has hosts, its one network:
 * programs are spawned on it, then it runs. It is a value: two of them in one process never meet.
 */
export class Machine implements ThreadMaker {
  /** What Linux keeps in global variables: tasks, timers, counters. To look at, not to change. */
  readonly kernel: Globals;
  /** @internal As a Stepper, see stepOn(): steps of an exact schedule that were taken in this run. */
  steps = 0;
  private readonly network: NetGlobals;
  private readonly sysctls: Record<string, number>;
  private readonly topology: Topology;
  private schedule: Schedule;
  private liberties: LibertiesTaken | null = null;
  private readonly nofile: number;
  private readonly user: user_struct;
  private readonly programs: Spawned<unknown>[] = [];

  /**
   * @throws TypeError for an option that there is not
   * @throws RangeError for a value that an option cannot have, as an unknown kernel
   */
  constructor(options: MachineOptions = {}) {
    expectNothingRuns('new Machine() and simulate()');
    checkOptions(options);
    this.kernel = new Globals(patchedKernel(options));
    if (options.kernel !== undefined) this.kernel.rank = rankOf(options.kernel);
    this.network = initNet(this.kernel);
    this.sysctls = { ...options.sysctls };
    if (options.maxUserWatches !== undefined) {
      this.sysctls['fs/epoll/max_user_watches'] = options.maxUserWatches;
    }
    this.setKnobs(this.network.init_net);
    this.kernel.tracer = options.tracer ?? null;
    this.kernel.maxSteps = options.maxSteps ?? this.kernel.maxSteps;
    grantSteps(this.kernel);
    const { seed = 0 } = options;
    this.schedule = inOrder;
    this.obey(options.schedule ?? (seed === 0 ? inOrder : randomSchedule(seed)));
    this.topology = new Topology(this.network, seed);
    this.kernel.random = new Random(seed);
    this.kernel.inet_ehash_secret = Math.imul(seed, 0x9e37_79b1);
    this.nofile = options.nofile ?? 1024;
    this.user = new user_struct(0, grantedCapabilities);
    for (let cpu = 0; cpu < (options.cpus ?? 2); cpu++) this.addCpu();
    setCurrent(this.idle());
    this.kernel.child_reaper = this.newInit();
  }

  /** From here on `schedule` says who goes on. After an exact one comes no other kind. */
  obey(schedule: Schedule): void {
    const { kernel } = this;
    this.schedule = schedule;
    this.stopped = false;
    kernel.exact = schedule.exact === true;
    kernel.stepper = kernel.exact && kernel.running ? this : null;
    if (kernel.live > 0) kernel.alone &&= !kernel.exact;
    kernel.cutsCircles = schedule.cutsCircles === true;
    kernel.footprint = schedule.footprint ?? null;
    this.liberties = schedule.liberties ?? null;
    kernel.liberties = this.liberties;
    if (this.liberties !== null) kernel.alone = false;
    kernel.touchProgramMemory = this.programMemory(schedule.sharedMemory);
    kernel.returnIsStep = returnsOf(schedule.sharedMemory);
    if (schedule.memory !== 'tso') return;
    kernel.storeBuffers ??= [];
    for (const task of kernel.tasks.values()) if (task.execution !== null) this.giveStores(task);
  }

  private programMemory(shared: SharedMemory = false): (() => void) | null {
    if (shared === 'told') return touchKept;
    return shared ? () => writesTo(this.kernel.programMemory) : null;
  }

  /** What the task writes is seen late from here on. */
  private giveStores(task: task_struct): void {
    task.stores = new StoreBuffer(task);
    this.kernel.storeBuffers?.push(task.stores);
  }

  private addCpu(): rq {
    const cpu = this.kernel.runqueues.length;
    const idle = this.newIdle(`swapper/${cpu}`);
    idle.cpu = cpu;
    const added = new rq(cpu, idle);
    this.kernel.runqueues.push(added);
    return added;
  }

  /** Sets the knobs of a network as the machine was told to; and the machine's own. */
  private setKnobs(net: net): void {
    for (const [path, value] of Object.entries(this.sysctls)) this.setKnob(path, value, net);
  }

  /** Writes a number to a file under /proc/sys. */
  private setKnob(path: string, value: number, net: net): void {
    const knob = this.kernel.sysctls.get(path) ?? netKnob(net, path);
    if (knob === undefined || proc_doulongvec_minmax(knob, value) !== 0) {
      throw new RangeError(`/proc/sys/${path} cannot be ${value}`);
    }
  }

  private idle(): task_struct {
    return (this.kernel.runqueues[0] as rq).idle;
  }

  /** What runs on a CPU while nothing else does; those of all CPUs are threads of process 0. */
  private newIdle(comm: string): task_struct {
    const first = this.kernel.runqueues[0]?.idle;
    if (first === undefined) return this.newTask(new pid(0, 0), comm, null);
    const { kernel, user } = this;
    const { files, net_ns, pending, sighand, signal, thread_pid } = first;
    return new task_struct({
      pid: thread_pid,
      tgid: 0,
      comm,
      kernel,
      files,
      sighand,
      signal,
      pending,
      user,
      net_ns,
    });
  }

  /** The first thread of a process, in a process group of its own and the session of init. */
  private newTask(
    number: pid,
    comm: string,
    init: task_struct | null,
    net_ns: net = this.network.init_net,
  ): task_struct {
    const PIDTYPE_SID = init === null ? number : init.thread_pid;
    return new task_struct({
      pid: number,
      tgid: number.nr,
      comm,
      kernel: this.kernel,
      files: new files_struct(this.nofile),
      sighand: new sighand_struct(),
      signal: new signal_struct({ PIDTYPE_TGID: number, PIDTYPE_PGID: number, PIDTYPE_SID }),
      pending: new sigpending(),
      user: this.user,
      net_ns,
    });
  }

  /** Process 1: it runs nothing, and does not want to know of its children's ends. */
  private newInit(): task_struct {
    const { kernel } = this;
    const init = this.newTask(alloc_pid(kernel), 'init', null);
    init.sighand.action[SIGCHLD] = { handler: SIG_IGN, flags: 0, mask: 0n };
    init.signal.unkillable = true;
    init.signal.leader = true;
    init.exit_signal = SIGCHLD;
    linkTask(init);
    init.children.length = 0; // It is nobody's child, and not its own either.
    kernel.tasks.delete(init.pid);
    kernel.live--;
    kernel.last_pid = lastPidBefore;
    return init;
  }

  /**
   * A new process called `comm` with one thread, and /dev/null as descriptors 0 to 2. It is a child
   * of init and leads a process group of its own. It has no code yet.
   */
  newProcess(comm: string, host: Host | null = null): task_struct {
    const init = this.kernel.child_reaper as task_struct;
    const task = this.newTask(alloc_pid(this.kernel), comm, init, host?.net);
    task.real_parent = init;
    task.exit_signal = SIGCHLD;
    const before = current;
    setCurrent(task);
    const null_file: file = openNull();
    for (let fd = 0; fd < 3; fd++) {
      task.files.fd.push(null_file);
      __set_bit(fd, task.files.open_fds);
    }
    null_file.f_ref.refs = 3;
    task.files.next_fd = 3;
    if (this.kernel.running) setCurrent(before); // A program goes on that has spawned another one.
    linkTask(task);
    return task;
  }

  /** A new thread called `comm` of the process that `of` belongs to. It has no code yet. */
  newThread(of: task_struct, comm: string): task_struct {
    const task = newThread(of, comm);
    linkTask(task);
    return task;
  }

  /**
   * A new host called `name`, which nobody can reach before it has a link.
   *
   * @throws TypeError for a name that is no text, and for an option that there is not
   * @throws RangeError for a name or an address that another host has, or an address that is none
   */
  host(name: string, options: HostOptions = {}): Host {
    const made = this.topology.addHost(name, options);
    this.setKnobs(made.net);
    return made;
  }

  /**
   * Connects two hosts.
   *
   * @throws TypeError for what is no host of this machine, and for an option that there is not
   * @throws RangeError for a value that an option cannot have, two hosts that are linked already,
   * and one with itself
   */
  link(a: Host, b: Host, options: LinkOptions = {}): Link {
    return this.topology.addLink(a, b, options);
  }

  /** The virtual clock: CLOCK_MONOTONIC in ns. */
  get now_ns(): number {
    return this.kernel.hrtimers.now_ns;
  }

  /**
   * Does something in `delay_ns` from now, as an interrupt: cuts a link, for instance. What is given
   * back takes it back: true if it had not been done.
   *
   * @throws RangeError for a delay that is no number of nanoseconds, 0 or more
   * @throws TypeError where `action` is no function
   */
  after(delay_ns: number, action: () => void): () => boolean {
    if (typeof delay_ns !== 'number' || !(delay_ns >= 0)) {
      throw new RangeError(`after: expected nanoseconds, 0 or more, found ${inWords(delay_ns)}`);
    }
    if (typeof action !== 'function') {
      throw new TypeError(`after: expected a function, found ${inWords(action)}`);
    }
    const timer = new hrtimer('after', function* (): Kernel<number> {
      action();
      return HRTIMER_NORESTART;
    });
    const { kernel } = this;
    onBehalfOf(kernel, () => hrtimer_start(timer, kernel.hrtimers.now_ns + delay_ns));
    return () => onBehalfOf(kernel, () => hrtimer_cancel(timer));
  }

  /**
   * A new process that runs `program`; it ends when the program returns. `as`: its name, `main` if not
   * told, and the host that it runs on; the machine itself, which has a loopback device, if not told.
   *
   * @throws TypeError where `program` is no function, for an option that there is not, and for a
   * host of another machine
   * @throws RangeError for a value that an option cannot have
   */
  spawn<T>(program: (sys: Sys) => Code<T>, as: string | SpawnOptions = 'main'): Spawned<T> {
    checkProgram('spawn', program);
    const { name = 'main', host = null } = spawnOptions(as);
    if (host !== null) this.topology.check('spawn', host);
    const task = this.newProcess(name, host);
    const spawned = new Spawned<T>(task);
    this.programs.push(spawned);
    this.start(task, name, runProcess(spawned, program, new Sys(task, this)));
    return spawned;
  }

  /**
   * A new thread, called `name`, that runs `program`.
   *
   * @throws TypeError out of run(), where `program` gives no generator
   */
  thread(of: task_struct, program: Program, name?: string): task_struct {
    const task = this.newThread(of, name ?? `t${of.signal.threads.length}`);
    this.start(task, task.comm, runThread(program, new Sys(task, this)));
    return task;
  }

  /**
   * Lets a child that has been forked run `program`, under `name`; the child ends when that
   * returns.
   *
   * @throws TypeError out of run(), where `program` gives no generator
   */
  fork(child: task_struct, program: Program, name?: string): void {
    child.comm = name ?? `p${child.pid}`;
    this.start(child, child.comm, runChild(program, new Sys(child, this)));
  }

  /**
   * What the running thread goes on with; it does not come back.
   *
   * @throws TypeError where `program` gives no generator
   */
  exec(task: task_struct, program: Program): Code<void> {
    return runChild(program, new Sys(task, this));
  }

  /** Has there been a task with the number `tid`, which is there no more? */
  hasEnded(tid: number): boolean {
    return tid > lastPidBefore && tid <= this.kernel.last_pid && !this.kernel.tasks.has(tid);
  }

  /** Gives a task code to run, which `name` tells apart in errors; it becomes runnable. */
  start(task: task_struct, name: string, code: Kernel<unknown>): void {
    task.execution = new Execution(name, code);
    if (this.kernel.storeBuffers !== null) this.giveStores(task);
    task.__state = TASK_RUNNING;
    enqueue_task(this.kernel.exact ? this.addCpu() : this.leastLoaded(), task);
  }

  private leastLoaded(): rq {
    let best = this.kernel.runqueues[0] as rq;
    for (const queue of this.kernel.runqueues) {
      if (load(queue) < load(best)) best = queue;
    }
    return best;
  }

  /**
   * Runs until nothing can run without the clock, and the network has come to rest.
   *
   * @throws TypeError for a call that was made without its `yield*`
   * @throws OutOfSteps after `maxSteps` steps
   */
  settle(): void {
    if (this.isPaused) throw pauseNeeded();
    this.settleOrPause();
    if (this.isPaused) throw pauseNeeded();
  }

  private settleOrPause(): void {
    expectNothingRuns('run() and settle()');
    this.kernel.running = true;
    if (this.kernel.exact) this.kernel.stepper = this;
    try {
      this.goOn();
    } catch (error) {
      throw this.failure ?? this.kernel.stopped ?? error; // What else is thrown follows from that.
    } finally {
      this.kernel.running = false;
      this.kernel.stepper = null;
      this.kernel.calls.setAside(); // While it is known who made them: something was thrown.
    }
  }

  private goOn(): void {
    if (this.pausedOn !== null) this.goOnFrom(this.pausedOn);
    for (;;) {
      if (this.kernel.interruptDue) {
        if (this.kernel.pauses) return this.pause();
        this.interrupt('hrtimer_interrupt', hrtimer_interrupt);
      }
      const choice = this.answered ? this.answer() : this.next();
      if (choice !== null) this.go(choice);
      else if (this.stopped || !this.restNetwork()) return;
    }
  }

  /** The CPU whose context waits until JavaScript has come to rest, see pause.ts. */
  private pausedOn: rq | null = null;
  /** What the machine's next thing is numbered behind, while others may be made. */
  private identities = 0;

  /** Has the machine left off, so that JavaScript can come to rest? */
  get isPaused(): boolean {
    return this.pausedOn !== null;
  }

  /** Leaves off where the context that ran last stands, as if it had announced nothing. */
  private pause(): void {
    const { kernel } = this;
    const queue = kernel.runqueues[current.cpu] as rq;
    contextOf(queue).op = null;
    this.pausedOn = queue;
    this.identities = lastIdentity();
    const next = kernel.exact ? null : nextTimer(kernel.hrtimers);
    kernel.interruptDue = next !== null && dueAt(next) <= kernel.hrtimers.now_ns;
  }

  /** The context on that CPU goes on before anything else happens. */
  private goOnFrom(queue: rq): void {
    this.pausedOn = null;
    this.kernel.pauses = false;
    restartIdentities(this.identities);
    const choice = new Choice();
    choice.queue = queue;
    choice.execution = contextOf(queue);
    this.go(choice);
  }

  /** Starts what the network puts off until nothing else can run; false if there is nothing. */
  private restNetwork(): boolean {
    const code = settleNetwork(this.kernel);
    return code !== null && this.interrupt('tcp_delack_timer', code);
  }

  /**
   * As settle(), and lets the clock jump from timer to timer until none is left or it is `until`.
   * What a program throws comes out of here, and a TypeError for a call without its `yield*`, when
   * its thread ends or sleeps for ever.
   *
   * @throws TypeError for a call that was made without its `yield*`
   * @throws OutOfSteps after `maxSteps` steps
   * @throws KernelBug where the model, or the kernel that it models, is broken
   * @throws AssertionFailed and whatever else a program throws
   */
  run(until: number = Number.POSITIVE_INFINITY): Report {
    const report = this.isPaused ? null : this.proceed(until);
    if (report === null) throw pauseNeeded();
    return report;
  }

  /**
   * As run(), to `until`, and null where JavaScript has to come to rest before it is called again;
   * `isPaused` says so, too.
   *
   * @throws TypeError for a call that was made without its `yield*`
   * @throws OutOfSteps after `maxSteps` steps
   */
  proceed(until: number = Number.POSITIVE_INFINITY): Report | null {
    if (!this.isPaused) {
      grantSteps(this.kernel);
      this.lonely = 0;
      this.wakeups = null;
    }
    this.settleOrPause();
    while (this.mayWait && this.isWorthWaiting(until) && this.fireTimers(until)) {
      if (this.kernel.hrtimers.awaited === 0) this.lonely++;
      if (this.kernel.wakeups !== (this.wakeups ?? this.kernel.wakeups)) this.lonely = 0;
      this.wakeups = this.kernel.wakeups;
      this.settleOrPause();
    }
    return this.isPaused ? null : this.reportAt(until);
  }

  // Of the run under way:
  /** How many timers in the background have fired with no other one waiting, and woken nobody. */
  private lonely = 0;
  /** How many wakeups there were when a timer fired last; null before the first. */
  private wakeups: number | null = null;

  private get mayWait(): boolean {
    return !this.stopped && !this.isPaused;
  }

  private reportAt(until: number): Report {
    if (until !== Number.POSITIVE_INFINITY && this.kernel.hrtimers.now_ns < until) {
      this.kernel.hrtimers.now_ns = until;
    } else for (const task of this.kernel.tasks.values()) checkSleeper(task);
    setCurrent(this.idle()); // A program that kept its `sys` is nobody's now.
    return { programs: this.programs, asleep: this.asleep() };
  }

  /** Is there a timer that anybody may wait for? One in the background may still wake a sleeper. */
  private isWorthWaiting(until: number): boolean {
    if (until !== Number.POSITIVE_INFINITY || this.kernel.hrtimers.awaited > 0) return true;
    return this.lonely < PATIENCE && this.asleep().length > 0;
  }

  /** The tasks that have not come to their end, and where each of them is. */
  asleep(): Sleeper[] {
    return [...this.kernel.tasks.values()].map(sleeperOf).filter((sleeper) => sleeper !== null);
  }

  /**
   * Lets the clock jump to the next timer, whose interrupt is then due; false if there is none
   * before `until`, in ns of the virtual clock.
   */
  fireTimers(until: number = Number.POSITIVE_INFINITY): boolean {
    const base = this.kernel.hrtimers;
    const timer = nextTimer(base);
    if (timer === null || dueAt(timer) > until) return false;
    base.now_ns = Math.max(base.now_ns, dueAt(timer));
    this.kernel.interruptDue = true; // For settle(), which starts it where a CPU lets it in.
    return true;
  }

  /**
   * Starts an interrupt handler, called `name` in traces, on a CPU that lets it in; false where
   * none does at the moment.
   */
  interrupt(name: string, handler: () => Kernel<void>): boolean {
    const queue = this.kernel.runqueues.find(
      (at) => at.irq === null && at.curr.irqs_disabled === 0,
    );
    if (queue === undefined) return false;
    this.kernel.interruptDue = false;
    this.startInterrupt(queue, name, handler);
    return true;
  }

  private startInterrupt(queue: rq, name: string, handler: () => Kernel<void>): void {
    setCurrent(queue.curr);
    queue.irq = new Execution(name, handler());
    queue.curr.preempt_count += HARDIRQ_OFFSET;
    queue.curr.irqs_disabled++;
    queue.curr.irq_context = queue.curr.lockdep_depth;
    this.kernel.tracer?.irq(name, true);
  }

  /** What can take the next step; and all that were made for that so far, to be used again. */
  private readonly choices: Choice[] = [];
  private readonly made: Choice[] = [];

  /** The next of the choices, of which `count` are listed. */
  private choice(count: number): Choice {
    const { choices, made } = this;
    if (count === made.length) made.push(new Choice());
    const choice = made[count] as Choice;
    if (count === choices.length) choices.push(choice);
    choice.queue = null;
    choice.execution = null;
    choice.timer = null;
    choice.stores = null;
    choice.liberty = null;
    return choice;
  }

  /** No more than so many can. */
  private end(count: number): void {
    while (this.choices.length > count) this.choices.pop();
  }

  /** Lists the contexts that can go on; how many they are. */
  private listContexts(): number {
    const { exact } = this.kernel;
    let count = 0;
    for (const queue of this.kernel.runqueues) {
      if (queue.irq === null && queue.curr === queue.idle) this.switchTo(queue);
      const execution = queue.irq ?? queue.curr.execution;
      if (execution === null) continue;
      if (execution.op !== null && !enabled(execution.op, queue.curr)) {
        if (!(execution.op instanceof Op)) throw notAnOperation(execution.op, queue.curr);
        // Elsewhere than in an exact schedule it is a step to try, and to fall asleep.
        if (exact || queue.irq !== null || spins(execution)) continue;
      }
      const choice = this.choice(count++);
      choice.queue = queue;
      choice.execution = execution;
      choice.since = queue.irq === null ? queue.curr.runnableSince : 0;
    }
    return count;
  }

  /** What takes the next step; null if nothing can. */
  private nextChoice(): Choice | null {
    const { choices } = this;
    const count = this.listContexts();
    this.end(count);
    return count === 0 ? null : (choices[this.schedule.choose(choices)] ?? null);
  }

  /** The schedule has asked for an end. */
  private stopped = false;

  /** As nextChoice(), among steps that take effect and timers; see Schedule.exact. */
  private nextStep(): Choice | null {
    const { choices } = this;
    let count = this.listContexts();
    for (const stores of this.kernel.storeBuffers ?? noStores) {
      if (stores.next === null) continue;
      const choice = this.choice(count++);
      choice.stores = stores;
    }
    const { hrtimers } = this.kernel;
    const fire = this.schedule.timers !== false && hrtimers.awaited > 0;
    for (const timer of fire ? timersToFire(hrtimers) : noTimers) {
      const choice = this.choice(count++);
      choice.timer = timer;
    }
    const needed = count;
    if (this.liberties !== null) count = this.listLiberties(count, this.liberties);
    this.end(count);
    if (count === 0) return null;
    const chosen = choices[this.schedule.choose(choices)] ?? null;
    this.steps++;
    if (chosen === null)
      this.stopped = needed > 0; // Nobody need take a liberty.
    else if (chosen.timer !== null) this.fire(chosen, chosen.timer);
    else if (chosen.liberty !== null) this.takeLiberty(chosen, chosen.liberty);
    return chosen;
  }

  /** Lists what the kernel may do and need not, behind `count` others; how many there are then. */
  private listLiberties(count: number, liberties: LibertiesTaken): number {
    let listed = count;
    for (const liberty of liberties.offers(this.kernel)) {
      const choice = this.choice(listed++);
      choice.liberty = liberty;
    }
    return listed;
  }

  // While the code of a context runs in an exact schedule, see stepOn():
  private running: Execution | null = null;
  private answered = false;
  private chosen: Choice | null = null;
  private failure: unknown = null;

  /** @internal Who is next, asked where the running context announces `op`. */
  stepOn(op: Op): boolean {
    const { kernel, running } = this;
    if (running === null || kernel.stepsLeft <= 0) return false;
    const task = current;
    running.op = op;
    running.wentAway = false;
    try {
      this.chosen = this.nextStep();
    } catch (error) {
      this.failure = error; // Of the schedule, and none that a program could catch.
    }
    setCurrent(task); // A timer may have been started.
    if (this.chosen?.execution === running && perform(op, task)) {
      kernel.stepsLeft--;
      return true;
    }
    this.answered = true;
    return false;
  }

  /** @internal */
  goesThrough(cannotSleep: boolean): boolean {
    return this.schedule.goesThrough?.(cannotSleep) === true;
  }

  /** @internal */
  wentThrough(since: number): void {
    this.schedule.wentThrough?.(this.steps - since);
  }

  /** What the schedule said to the context that ran last, and could not go on. */
  private answer(): Choice | null {
    const { chosen, failure } = this;
    this.answered = false;
    this.chosen = null;
    this.failure = null;
    if (failure !== null) throw failure;
    return chosen;
  }

  private next(): Choice | null {
    return this.kernel.exact ? this.nextStep() : this.nextChoice();
  }

  /** Starts the interrupt of a timer. */
  private fire(choice: Choice, timer: hrtimer): void {
    const { hrtimers, clock, footprint } = this.kernel;
    hrtimers.now_ns = Math.max(hrtimers.now_ns, dueAt(timer));
    footprint?.add(clock, Changes);
    this.interruptFor(choice, timer.name, () => hrtimerInterruptOf(timer));
  }

  private takeLiberty(choice: Choice, liberty: Liberty): void {
    const { liberties } = this;
    if (liberties === null) return;
    this.interruptFor(choice, libertyName, () => liberties.take(liberty));
  }

  /** Starts an interrupt on a CPU where nothing else runs; `choice` is its first step. */
  private interruptFor(choice: Choice, name: string, handler: () => Kernel<void>): void {
    const free = (at: rq): boolean => at.irq === null && at.curr === at.idle && at.queue.isEmpty();
    const queue = this.kernel.runqueues.find(free) ?? this.addCpu();
    this.startInterrupt(queue, name, handler);
    choice.queue = queue;
    choice.execution = queue.irq;
  }

  /** Carries out what the chosen context has announced, and lets it run to its next operation. */
  private go(choice: Choice): void {
    if (choice.stores !== null) {
      setCurrent(choice.stores.owner);
      choice.stores.drain();
      return;
    }
    const queue = choice.queue as rq;
    const execution = choice.execution as Execution;
    const task = queue.curr;
    const { kernel } = this;
    const { tracer } = kernel;
    setCurrent(task);
    if (tracer !== null) tracer.resume?.(task);
    do {
      const { op } = execution;
      if (op !== null) {
        const done = perform(op, task);
        if (!done && !(op instanceof Op)) throw notAnOperation(op, task);
        if (tracer !== null) tracer.op(task, op, done);
        if (!done) {
          execution.since_ns = kernel.hrtimers.now_ns;
          if (queue.irq !== execution && sleepOn(op, task)) {
            execution.wentAway = true;
            this.leave(queue, task);
          }
          return;
        }
        if (op.verb === 'schedule' && this.makeWay(queue, execution)) return;
      }
      if (--kernel.stepsLeft < 0 && queue.irq !== execution) this.takeReserve(execution);
      this.running = execution;
      const step = execution.code.next(0);
      this.running = null;
      if (kernel.stopped !== null) throw kernel.stopped; // And the program has caught it.
      if (step.done === true) {
        execution.op = null;
        this.finish(queue, execution);
        return;
      }
      execution.op = step.value ?? nothing;
      execution.wentAway = false;
    } while (this.schedule.runsOn && !kernel.interruptDue);
  }

  /** No steps are left but those in reserve; without any, the context says where it is. */
  private takeReserve(execution: Execution): void {
    const { kernel } = this;
    if (takeReserve(kernel)) return;
    const { tracer } = kernel;
    kernel.tracer = whereItStands;
    try {
      execution.code.next(0);
    } finally {
      kernel.tracer = tracer;
    }
    throw new OutOfSteps(); // It has done nothing that a tracer hears of.
  }

  private finish(queue: rq, execution: Execution): void {
    const task = queue.curr;
    if (queue.irq === execution) {
      this.kernel.tracer?.irq(execution.name, false);
      queue.irq = null;
      task.preempt_count -= HARDIRQ_OFFSET;
      task.irqs_disabled--;
      task.irq_context = 0;
      return;
    }
    task.execution = null;
    this.leave(queue, task);
  }

  /** schedule() of a task that can run on: those that wait for its CPU come first, once. */
  private makeWay(queue: rq, execution: Execution): boolean {
    if (execution.wentAway || queue.queue.isEmpty()) return false;
    const task = queue.curr;
    execution.wentAway = true;
    this.leave(queue, task);
    enqueue_task(queue, task);
    return true;
  }

  /** Takes the task off its CPU. */
  private leave(queue: rq, task: task_struct): void {
    task.on_cpu = false;
    queue.curr = queue.idle;
    queue.idle.on_cpu = true;
    this.kernel.tracer?.switch(queue.cpu, task, queue.idle);
    if (task.__state === TASK_DEAD) {
      task.execution = null;
      this.kernel.live--;
      this.kernel.alone = this.kernel.live <= 1 && !this.kernel.exact;
    }
  }

  /** Puts the first waiting task, if any, on an idle CPU. */
  private switchTo(queue: rq): void {
    const next = queue.queue.shift();
    if (next === undefined) return;
    next.on_rq = false;
    next.on_cpu = true;
    queue.idle.on_cpu = false;
    queue.curr = next;
    this.kernel.tracer?.switch(queue.cpu, queue.idle, next);
  }
}

/** A program cannot run a machine: code would not know which of the two it is on. */
function expectNothingRuns(what: string): void {
  const task = current as task_struct | undefined;
  if (task?.kernel.running !== true) return;
  throw new Error(`${what}: expected outside of programs, found inside of ${task.comm}`);
}

/** What runs on a CPU: an interrupt, or the task below. */
const contextOf = ({ curr, irq }: rq): Execution => irq ?? (curr.execution as Execution);

/** What a program has announced by a `yield` with nothing behind it. */
const nothing = nothingYielded as Op;

/** For whom coming back from a call is a step; see SharedMemory. */
function returnsOf(shared: SharedMemory = false): (() => boolean) | null {
  if (shared === 'told') return keepsNothing;
  if (shared === 'anytime') return forAll;
  return shared ? goesAlong : null;
}

const forAll = (): boolean => true;

const noTimers: readonly hrtimer[] = [];
const noStores: readonly StoreBuffer[] = [];

/** Programs are numbered from the next one on. */
export const lastPidBefore = 1000;

const HARDIRQ_OFFSET = 0x10000;

const load = (queue: rq): number => queue.queue.length + (queue.curr === queue.idle ? 0 : 1);

/** Does the execution wait for a lock that is waited for by spinning? */
const spins = (execution: Execution): boolean => {
  const verb = execution.op?.verb;
  return verb === 'spin_lock' || verb === 'read_lock' || verb === 'write_lock';
};
