/**
 * A trace that ui.perfetto.dev opens, in Chrome's JSON format: a track a task with slices for calls
 * and functions, arrows from each wakeup to the moment when the woken task runs, and a track a CPU.
 *
 * Everything happens at the same virtual time, so the time axis shows the order instead: each event
 * takes one microsecond. The virtual time is in the arguments.
 *
 * Invariants: on every track each end has its beginning, at the end of a scene too.
 */
import { begunCall, begunText, callText, endedCall, resultText } from './calls/text.ts';
import type { OpEvent, SwitchEvent, TaskRef, TraceEvent } from './events.ts';
import type { Ending, Format, Scene, Write } from './format.ts';
import { toJson } from './values.ts';

interface Track {
  readonly pid: number;
  readonly tid: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** How far apart the process numbers of two scenes are. */
const sceneStride = 100_000;
/** The process that stands for the CPUs. */
const cpuProcess = 1;

/** Writes the trace format of ui.perfetto.dev, as JSON. */
export class Perfetto implements Format {
  private readonly write: Write;
  private count = 0;
  private scenes = 0;
  private title = '';
  /** Where the scene begins on the time axis, and the last moment of it. */
  private start = 0;
  private last = 0;
  private flows = 0;
  private readonly named: Set<string> = new Set();
  /** How many slices are open, by track. */
  private readonly open: Map<string, { track: Track; count: number }> = new Map();
  /** Wakeups of tasks that have not run since. */
  private readonly woken: Map<number, number[]> = new Map();

  constructor(write: Write) {
    this.write = write;
  }

  begin({ name, kind }: Scene): void {
    this.start = this.last + (this.scenes === 0 ? 0 : 10);
    this.scenes++;
    this.title = name ?? `${kind} ${this.scenes}`;
    this.named.clear();
    this.woken.clear();
  }

  event(event: TraceEvent): void {
    this.last = this.start + event.seq;
    const track = this.trackOf(event);
    if (event.kind !== 'wakeup' && event.kind !== 'switch') this.arrive(event.task.pid, track);
    switch (event.kind) {
      case 'call':
        this.slice(track, event.name, 'syscall', {
          call: begunText(begunCall(event)),
          time_ns: event.time_ns,
        });
        break;
      case 'return': {
        const call = endedCall(event);
        const text = `${callText(call)} = ${resultText(call)}`;
        this.endSlice(track, { call: text, ops: event.ops, time_ns: event.time_ns });
        break;
      }
      case 'enter':
        this.slice(track, event.fn, 'function', {});
        break;
      case 'leave':
        this.endSlice(track, { ops: event.ops });
        break;
      case 'irq':
        if (event.entered) this.slice(track, event.name, 'irq', { time_ns: event.time_ns });
        else this.endSlice(track, {});
        break;
      default:
        this.other(event, track);
    }
  }

  end({ error }: Ending): void {
    this.endSlices();
    if (error !== null) this.instant({ pid: this.process(cpuProcess), tid: 0 }, `error: ${error}`);
  }

  close(): void {
    this.endSlices(); // Where the scene was left before its end.
    this.write(this.count === 0 ? '{"traceEvents":[]}\n' : '\n]}\n');
  }

  private other(event: TraceEvent, track: Track): void {
    switch (event.kind) {
      case 'op':
        this.operation(event, track);
        break;
      case 'release':
        this.instant(track, `gives ${event.target} back`);
        break;
      case 'note':
        this.instant(track, `${event.what} (${event.about})`);
        break;
      case 'wakeup':
        this.depart(event.woken, track);
        break;
      case 'switch':
        this.switched(event);
        break;
      case 'signal':
        this.instant(track, `signal ${event.signo}`);
        break;
      case 'exit':
        this.closeTrack(track);
        break;
      case 'step':
        if (!event.settled) this.instant(track, `step ${event.index}`);
    }
  }

  private operation({ verb, target, done }: OpEvent, track: Track): void {
    const name = verb === 'schedule' ? (done ? 'runs' : 'sleeps') : `${verb} ${target}`;
    this.instant(track, done || verb === 'schedule' ? name : `${name}: has to wait`);
  }

  /** What runs on a CPU is a slice of the CPU's track. */
  private switched({ cpu, from, to }: SwitchEvent): void {
    const track = { pid: this.process(cpuProcess), tid: this.process(cpu + 1) };
    this.name(track, `CPU ${cpu}`, `${this.title}: CPUs`);
    if (from !== null) this.endSlice(track, {});
    if (to === null) return;
    this.slice(track, to.comm, 'sched', {});
    const task = { pid: this.process(to.tgid), tid: this.process(to.pid) };
    this.arrive(to.pid, task);
  }

  /** The arrow of a wakeup begins. */
  private depart({ pid }: TaskRef, track: Track): void {
    const id = ++this.flows;
    this.put({ ph: 's', id, name: 'wakeup', cat: 'wakeup', ...track });
    this.woken.set(pid, [...(this.woken.get(pid) ?? []), id]);
  }

  /** The arrows to a task that runs end, inside of the call that it runs in. */
  private arrive(pid: number, track: Track): void {
    const ids = this.woken.get(pid);
    if (ids === undefined) return;
    this.woken.delete(pid);
    for (const id of ids) {
      this.put({ ph: 'f', bp: 'e', id, name: 'wakeup', cat: 'wakeup', ...track });
    }
  }

  /** The track of a task, or of the CPU for an interrupt that nothing was interrupted by. */
  private trackOf({ task, cpu }: TraceEvent): Track {
    if (task.pid === 0) {
      const track = { pid: this.process(cpuProcess), tid: this.process(cpu + 1) };
      this.name(track, `CPU ${cpu}`, `${this.title}: CPUs`);
      return track;
    }
    const track = { pid: this.process(task.tgid), tid: this.process(task.pid) };
    this.name(track, task.comm, `${this.title}: ${task.comm}`); // The first thread names its process.
    return track;
  }

  private process(number: number): number {
    return (this.scenes - 1) * sceneStride + number;
  }

  private name(track: Track, thread: string, process: string): void {
    const key = `${track.pid} ${track.tid}`;
    if (this.named.has(key)) return;
    this.named.add(key);
    if (!this.named.has(`${track.pid}`)) {
      this.named.add(`${track.pid}`);
      this.put({ ph: 'M', name: 'process_name', ...track, args: { name: process } });
    }
    this.put({ ph: 'M', name: 'thread_name', ...track, args: { name: thread } });
  }

  private slice(track: Track, name: string, cat: string, args: Fields): void {
    const key = `${track.pid} ${track.tid}`;
    const open = this.open.get(key);
    if (open === undefined) this.open.set(key, { track, count: 1 });
    else open.count++;
    this.put({ ph: 'B', name, cat, ...track, args });
  }

  private endSlice(track: Track, args: Fields): void {
    const open = this.open.get(`${track.pid} ${track.tid}`);
    if (open === undefined || open.count === 0) return;
    open.count--;
    this.put({ ph: 'E', ...track, args });
  }

  private endSlices(): void {
    for (const open of this.open.values()) {
      while (open.count > 0) {
        open.count--;
        this.put({ ph: 'E', ...open.track });
      }
    }
    this.open.clear();
  }

  private closeTrack(track: Track): void {
    const open = this.open.get(`${track.pid} ${track.tid}`);
    while (open !== undefined && open.count > 0) this.endSlice(track, {});
  }

  private instant(track: Track, name: string): void {
    this.put({ ph: 'i', s: 't', name, ...track });
  }

  private put(fields: Fields): void {
    const head = this.count++ === 0 ? '{"displayTimeUnit":"ns","traceEvents":[\n' : ',\n';
    this.write(head + toJson({ ts: this.last, ...fields }));
  }
}
