/**
 * As `strace -f` prints it.
 *
 * A call stands on one line unless something else happens meanwhile: then its line is left
 * unfinished, and resumed in another one.
 *
 * Invariants: at most one line is open, and it belongs to the task whose call began last.
 * Differs from strace: a thread's start shows no clone(), its end is shown as the exit() that a C
 * library would call; addresses are made up. A signal that is ignored is shown when its task has
 * come back from a call, and does not interrupt one, as it does where strace is attached.
 */
import { ERESTARTSYS } from '../kernel/errno.ts';
import { EINTR } from '../kernel/uapi/errno.ts';
import { signalName } from '../kernel/uapi/names.ts';
import { SIGKILL } from '../kernel/uapi/signal.ts';
import type { ShownCall } from './calls/parameters.ts';
import { siginfoText } from './calls/processes.ts';
import { strerror } from './calls/strerror.ts';
import { begunCall, endedCall, headText, resultText, tailText } from './calls/text.ts';
import { sigsetText } from './calls/words.ts';
import type {
  CallEvent,
  ExitEvent,
  ReturnEvent,
  SentEvent,
  SignalEvent,
  SignalInfo,
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

/** Writes the calls as strace(1) does. */
export class Strace implements Format {
  readonly functions: boolean = false;
  private readonly write: Write;
  /** Tasks that are alive; a line says whose it is when there are several. */
  private readonly live: Set<number> = new Set();
  private readonly pending: Map<number, Pending[]> = new Map();
  /** The line that has been begun, and its task. */
  private line = '';
  private owner = 0;
  /** Signals that no handler runs for, to be shown as soon as their task can take them. */
  private readonly sent: Map<number, SignalInfo[]> = new Map();
  /** Thread group leaders that have ended and are reported after the rest of their group. */
  private readonly ended: Map<number, string> = new Map();

  constructor(write: Write) {
    this.write = write;
  }

  begin(scene: Scene): void {
    if (scene.kind !== 'program') this.write(`# ${titleOf(scene)}\n`);
    this.live.clear();
    this.pending.clear();
    this.sent.clear();
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
      case 'sent':
        this.note(event);
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
    this.takeSent(event.task);
  }

  /** What no handler will run for. Of SIGKILL nothing is shown but its effect. */
  private note({ fate, to, info }: SentEvent): void {
    if (fate !== 'ignored' && fate !== 'fatal') return;
    if (info.si_signo === SIGKILL) return;
    this.sent.set(to.pid, [...(this.sent.get(to.pid) ?? []), info]);
  }

  private takeSent(task: TaskRef): void {
    for (const info of this.sent.get(task.pid) ?? []) this.whole(task, deliveryText(info));
    this.sent.delete(task.pid);
  }

  /** Shows the rest of a call, on its line if that is still open. */
  private answer(task: TaskRef, call: ShownCall): void {
    if (this.owner === task.pid) this.line += tailText(call);
    else this.open(task, `<... ${call.name} resumed>${tailText(call)}`);
    this.finish(resultText(call));
  }

  private signalled(event: SignalEvent): void {
    const { task, info, ret, filled } = event;
    const under = this.pending.get(task.pid)?.at(-1);
    if (under !== undefined && !under.answered && ret !== null) {
      this.answer(task, { ...under.call, ret, filled });
      under.answered = true;
    }
    this.whole(task, deliveryText(info));
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

  private exited({ task, code, signo, ret, others }: ExitEvent): void {
    const under = this.pending.get(task.pid)?.find(({ answered }) => !answered);
    this.pending.delete(task.pid);
    if (under !== undefined) this.cutShort(task, under.call, ret);
    else if (signo === 0) {
      this.open(task, `${task.pid === task.tgid ? 'exit_group' : 'exit'}(${code})`);
      this.finish('?');
    }
    if (signo !== 0) this.takeSent(task);
    this.sent.delete(task.pid);
    const how = signo === 0 ? `exited with ${code}` : `killed by ${signalName(signo)}`;
    // The first thread stands for its process: it is reported after the others, with the status
    // of the last.
    this.ended.set(task.pid, how);
    if (task.pid !== task.tgid) this.report(task);
    if (others > 0 || !this.ended.has(task.tgid)) return;
    this.ended.set(task.tgid, how);
    this.report({ pid: task.tgid, tgid: task.tgid, comm: '' });
  }

  /** The call that its task has ended in: exit() itself, or one that a signal has ended. */
  private cutShort(task: TaskRef, call: ShownCall, ret: number | null): void {
    const taken = ret !== null && this.sent.has(task.pid);
    if (taken) this.answer(task, { ...call, ret });
    else if (call.name === 'exit' || call.name === 'exit_group') this.answer(task, call);
    else this.killed(task, call);
  }

  /** The call that never returned. */
  private killed(task: TaskRef, call: ShownCall): void {
    const rest = ' <unfinished ...>) = ?';
    if (this.owner === task.pid) this.line += rest;
    else this.open(task, `<... ${call.name} resumed>${rest}`);
    this.flush();
  }

  private report(task: TaskRef): void {
    this.whole(task, `+++ ${this.ended.get(task.pid)} +++`);
    this.ended.delete(task.pid);
    this.live.delete(task.pid);
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

const deliveryText = (info: SignalInfo): string =>
  `--- ${signalName(info.si_signo)} {${siginfoText(info)}} ---`;
