/**
 * As `strace -f` prints it.
 *
 * A call stands on one line unless something else happens meanwhile: then its line is left
 * unfinished, and resumed in another one.
 *
 * Invariants: at most one line is open, and it belongs to the task whose call began last.
 * Differs from strace: a thread's start shows no clone(), its end is shown as the exit() that a C
 * library would call; addresses are made up; `<...>` and `+++` lines otherwise as strace has them.
 */
import { ERESTARTSYS } from '../kernel/errno.ts';
import { EINTR } from '../kernel/uapi/errno.ts';
import { signalName } from '../kernel/uapi/names.ts';
import type { ShownCall } from './calls/parameters.ts';
import { strerror } from './calls/strerror.ts';
import { begunCall, endedCall, headText, resultText, tailText } from './calls/text.ts';
import { sigsetText } from './calls/words.ts';
import type {
  CallEvent,
  ExitEvent,
  ReturnEvent,
  SignalEvent,
  SigreturnEvent,
  TaskRef,
  TraceEvent,
} from './events.ts';
import { type Ending, type Format, type Scene, titleOf, type Write } from './format.ts';

/** Where the result stands, if the call leaves room. */
const resultColumn = 40;

/** A call that is under way. */
interface Pending {
  readonly call: ShownCall;
  /** Its result has been shown already: it was interrupted by a signal. */
  answered: boolean;
}

/** What a restarted call finds in the register of the result: its own number. */
const callNumbers: Readonly<Record<string, number>> = {
  read: 0,
  write: 1,
  readv: 19,
  writev: 20,
  connect: 42,
  sendto: 44,
  recvfrom: 45,
  accept4: 288,
};

export class Strace implements Format {
  readonly functions: boolean = false;
  private readonly write: Write;
  /** Tasks that are alive; a line says whose it is when there are several. */
  private readonly live: Set<number> = new Set();
  private readonly pending: Map<number, Pending[]> = new Map();
  /** The line that has been begun, and its task. */
  private line = '';
  private owner = 0;
  /** Thread group leaders that have ended and are reported after the rest of their group. */
  private readonly ended: Map<number, string> = new Map();

  constructor(write: Write) {
    this.write = write;
  }

  begin(scene: Scene): void {
    if (scene.kind === 'scenario') this.write(`# ${titleOf(scene)}\n`);
    this.live.clear();
    this.pending.clear();
    this.ended.clear();
    for (const { pid } of scene.tasks) this.live.add(pid);
  }

  event(event: TraceEvent): void {
    switch (event.kind) {
      case 'switch':
        if (event.to !== null) this.live.add(event.to.pid);
        break;
      case 'call':
        this.called(event);
        break;
      case 'return':
        this.returned(event);
        break;
      case 'signal':
        this.signalled(event);
        break;
      case 'sigreturn':
        this.sigreturned(event);
        break;
      case 'exit':
        this.exited(event);
    }
  }

  end({ error }: Ending): void {
    this.interrupt();
    if (error !== null) this.write(`# error: ${error}\n`);
  }

  private called(event: CallEvent): void {
    const call = begunCall(event);
    const under = this.pending.get(event.task.pid) ?? [];
    under.push({ call, answered: false });
    this.pending.set(event.task.pid, under);
    this.open(event.task, headText(call));
  }

  private returned(event: ReturnEvent): void {
    const last = this.pending.get(event.task.pid)?.pop();
    if (last === undefined || last.answered) return;
    this.answer(event.task, endedCall(event));
  }

  /** Shows the rest of a call, on its line if that is still open. */
  private answer(task: TaskRef, call: ShownCall): void {
    if (this.owner === task.pid) this.line += tailText(call);
    else this.open(task, `<... ${call.name} resumed>${tailText(call)}`);
    this.finish(resultText(call));
  }

  private signalled(event: SignalEvent): void {
    const { task, signo, ret, filled } = event;
    const under = this.pending.get(task.pid)?.at(-1);
    if (under !== undefined && !under.answered && ret !== null) {
      this.answer(task, { ...under.call, ret, filled });
      under.answered = true;
    }
    const name = signalName(signo);
    const info = `si_signo=${name}, si_code=SI_TKILL, si_pid=${task.tgid}, si_uid=0`;
    this.whole(task, `--- ${name} {${info}} ---`);
  }

  private sigreturned({ task, mask, ret, restarts }: SigreturnEvent): void {
    const under = this.pending.get(task.pid)?.at(-1);
    const again = restarts && ret === -ERESTARTSYS && under !== undefined;
    this.open(task, `rt_sigreturn({mask=${sigsetText(mask)}})`);
    if (again) this.finish(String(callNumbers[under.call.name] ?? 0));
    else if (ret === null || ret >= 0) this.finish(String(ret ?? 0));
    else this.finish(`-1 EINTR (${strerror(EINTR)})`);
    if (!again) return;
    under.answered = false;
    this.open(task, headText(under.call));
  }

  private exited({ task, code, signo }: ExitEvent): void {
    const under = this.pending.get(task.pid)?.find(({ answered }) => !answered);
    this.pending.delete(task.pid);
    if (under?.call.name === 'exit_group') this.answer(task, under.call);
    else if (under !== undefined) this.killed(task, under.call);
    else if (signo === 0) {
      this.open(task, `${task.pid === task.tgid ? 'exit_group' : 'exit'}(${code})`);
      this.finish('?');
    }
    const how = signo === 0 ? `exited with ${code}` : `killed by ${signalName(signo)}`;
    // The first thread stands for its process, and is reported after the others.
    if (task.pid === task.tgid) this.ended.set(task.pid, how);
    else {
      this.whole(task, `+++ ${how} +++`);
      this.live.delete(task.pid);
    }
    if (this.live.size === this.ended.size) this.reportLeaders();
  }

  /** The call that never returned. */
  private killed(task: TaskRef, call: ShownCall): void {
    const rest = ' <unfinished ...>) = ?';
    if (this.owner === task.pid) this.line += rest;
    else this.open(task, `<... ${call.name} resumed>${rest}`);
    this.flush();
  }

  private reportLeaders(): void {
    for (const [pid, how] of this.ended) {
      this.ended.delete(pid);
      this.whole({ pid, tgid: pid, comm: '' }, `+++ ${how} +++`);
      this.live.delete(pid);
    }
  }

  private prefix({ pid }: TaskRef): string {
    return this.live.size > 1 ? `[pid ${String(pid).padStart(5)}] ` : '';
  }

  /** Begins a line; another one that is open stays unfinished. */
  private open(task: TaskRef, text: string): void {
    this.interrupt();
    this.line = this.prefix(task) + text;
    this.owner = task.pid;
  }

  private interrupt(): void {
    if (this.owner === 0) return;
    this.line += ' <unfinished ...>';
    this.flush();
  }

  /** Ends the open line with a result. */
  private finish(result: string): void {
    this.line = `${this.line.padEnd(resultColumn - 1)} = ${result}`;
    this.flush();
  }

  private whole(task: TaskRef, text: string): void {
    this.open(task, text);
    this.flush();
  }

  private flush(): void {
    this.write(`${this.line}\n`);
    this.line = '';
    this.owner = 0;
  }
}
