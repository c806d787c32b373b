/**
 * A sequence diagram in Mermaid's language: threads and files take part, calls are messages,
 * wakeups and what happens to the lists are notes.
 *
 * A call that returns at once is one arrow with its result; one that sleeps is an arrow there and,
 * later, a dashed one back.
 */
import { signalName } from '../kernel/uapi/names.ts';
import { takesDescriptor } from '../syscalls/arguments.ts';
import { briefCall, briefExit, briefResult } from './calls/brief.ts';
import { begunCall, endedCall } from './calls/text.ts';
import type { CallEvent, NoteEvent, ReturnEvent, TaskRef, TraceEvent } from './events.ts';
import type { Ending, Format, Scene, Write } from './format.ts';

/** An arrow that has been begun. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** Writes a sequence diagram in the language of Mermaid. */
export class Mermaid implements Format {
  readonly functions: boolean = false;
  private readonly write: Write;
  private scene: Scene | null = null;
  private scenes = 0;
  private readonly declared: Set<string> = new Set();
  /** Tasks that take part: their names in the diagram, by pid. */
  private readonly actors: Map<number, string> = new Map();
  /** The first process; a task of another one is shown with its number. */
  private first = 0;
  /** The call that began last, if nothing has been drawn since. */
  private waiting: { pid: number; arrow: Arrow } | null = null;
  /** Calls that are under way, by task. */
  private readonly under: Map<number, Arrow[]> = new Map();

  constructor(write: Write) {
    this.write = write;
  }

  begin(scene: Scene): void {
    this.scene = scene;
    this.declared.clear();
    this.actors.clear();
    this.first = scene.tasks[0]?.tgid ?? 0;
    this.under.clear();
    this.waiting = null;
    this.write(`${this.scenes++ === 0 ? '' : '\n'}sequenceDiagram\n`);
    if (scene.name !== null) this.line(`title ${plainText(scene.name)}`);
    for (const task of scene.tasks) this.participant(task);
  }

  event(event: TraceEvent): void {
    switch (event.kind) {
      case 'call':
        this.called(event);
        break;
      case 'return':
        this.returned(event);
        break;
      case 'wakeup':
        this.woken(event.task, event.irq, event.woken);
        break;
      case 'note':
        this.noted(event);
        break;
      case 'signal':
        this.note(this.participant(event.task), `handles ${signalName(event.signo)}`);
        break;
      case 'exit':
        this.note(this.participant(event.task), briefExit(event));
        break;
      case 'op':
        if (event.verb === 'mutex_lock' && !event.done) {
          this.note(this.participant(event.task), `waits for ${event.target}`);
        }
    }
  }

  end({ blocked, error }: Ending): void {
    this.flush();
    for (const name of blocked) this.note(idOf(name), 'still asleep');
    if (error !== null) this.line(`%% error: ${error}`);
  }

  private called(event: CallEvent): void {
    this.flush();
    const from = this.participant(event.task);
    const to = takesDescriptor(event.name) ? this.fileOf(event) : from;
    const arrow = { from, to, text: briefCall(begunCall(event)) };
    this.under.set(event.task.pid, [...(this.under.get(event.task.pid) ?? []), arrow]);
    this.waiting = { pid: event.task.pid, arrow };
  }

  private returned(event: ReturnEvent): void {
    const arrow = this.under.get(event.task.pid)?.pop();
    if (arrow === undefined) return;
    const result = briefResult(endedCall(event));
    if (this.waiting?.arrow === arrow) {
      this.waiting = null;
      this.message(arrow.from, '->>', arrow.to, `${arrow.text} = ${result}`);
    } else {
      this.message(arrow.to, '-->>', arrow.from, `${event.name} = ${result}`);
    }
  }

  private woken(task: TaskRef, irq: string | null, woken: TaskRef): void {
    const by = irq ?? task.comm;
    const over = this.participant(woken);
    this.note(over, `${by} wakes ${woken.comm}`);
  }

  /** What happens to the lists of an instance is a note over it. */
  private noted({ what, about }: NoteEvent): void {
    const ep = /^(ep\d+(?:#\d+)?)(?:\[|$)/.exec(about)?.[1];
    if (ep === undefined || !/^ep_(poll_callback|done_scan|insert|modify|send)/.test(what)) return;
    this.note(this.declare(ep), `${what} (${about})`);
  }

  /** The file behind a call's first argument; the caller itself where there is none. */
  private fileOf(event: CallEvent): string {
    const { kernel, recorder } = this.scene as Scene;
    const file = kernel.tasks.get(event.task.pid)?.files.fd[Number(event.args[0])] ?? null;
    if (file === null) return this.participant(event.task);
    return this.declare(recorder.names.of(file, kernel));
  }

  private participant({ pid, tgid, comm }: TaskRef): string {
    const known = this.actors.get(pid);
    if (known !== undefined) return known;
    const name = idOf(comm);
    const id = this.declared.has(name) ? `${name}_${pid}` : name;
    this.declared.add(id);
    this.actors.set(pid, id);
    const number = pid === tgid ? ` ${pid}` : ` of ${tgid}`;
    this.line(`actor ${id} as ${plainText(comm)}${tgid === this.first ? '' : number}`);
    return id;
  }

  private declare(name: string): string {
    const id = idOf(name);
    if (this.declared.has(id)) return id;
    this.declared.add(id);
    this.line(`participant ${id} as ${plainText(name)}`);
    return id;
  }

  private note(over: string, text: string): void {
    this.flush();
    this.line(`Note over ${over}: ${plainText(text)}`);
  }

  private message(from: string, arrow: string, to: string, text: string): void {
    this.line(`${from}${arrow}${to}: ${plainText(text)}`);
  }

  private flush(): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting === null) return;
    const { from, to, text } = waiting.arrow;
    this.message(from, '->>', to, text);
  }

  private line(text: string): void {
    this.write(`    ${text}\n`);
  }
}

/** A name that Mermaid takes for a participant. */
const idOf = (name: string): string => `p_${name.replace(/\W/g, '_')}`;

/** Text with nothing in it that Mermaid reads as its own. */
const plainText = (text: string): string =>
  text.replace(/[#;<>]/g, (character) => `#${character.charCodeAt(0)};`).replace(/\s+/g, ' ');
