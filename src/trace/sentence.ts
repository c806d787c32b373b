/** An event in one sentence, for a person who watches it happen. */
import type { Verb } from '../kernel/op.ts';
import { signalName } from '../kernel/uapi/names.ts';
import { briefCall, briefExit, briefResult } from './calls/brief.ts';
import { begunCall, endedCall } from './calls/text.ts';
import type { NoteEvent, OpEvent, TraceEvent } from './events.ts';

/** Who does it: the interrupt, or the task. */
const whoOf = ({ irq, task }: TraceEvent): string => irq ?? task.comm;

/**
 * What happens, in a sentence without its full stop: `main takes ep3->mtx`, `ep3[4]: onto rdllist`. Null
 * of events that only say where code is (`enter`, `leave`), or that others say as well (`fact`).
 */
export function sentenceOf(event: TraceEvent): string | null {
  const who = whoOf(event);
  switch (event.kind) {
    case 'call':
      return `${who} calls ${briefCall(begunCall(event))}`;
    case 'return': {
      const call = endedCall(event);
      return `${event.name} gives ${who} ${briefResult(call)}`;
    }
    case 'op':
      return `${who} ${deedOf(event)}`;
    case 'release':
      return `${who} gives ${event.target} back`;
    case 'note':
      return noteText(event);
    case 'wakeup':
      return `${who} wakes ${event.woken.comm}`;
    case 'irq':
      return event.entered ? `the interrupt ${event.name} begins` : `${event.name} is done`;
    case 'sent':
      return `${signalName(event.info.si_signo)} is sent to ${event.to.comm}`;
    case 'signal':
      return `${who} handles ${signalName(event.signo)}`;
    case 'sigreturn':
      return `the handler of ${who} is done`;
    case 'exit':
      return `${who}: ${briefExit(event)}`;
    case 'switch':
      return event.to === null ? null : `${event.to.comm} gets CPU ${event.cpu}`;
    default:
      return null;
  }
}

/** Of a branch that is told as `ep_poll_callback: onto ovflist`. */
function noteText({ about, what }: NoteEvent): string {
  return `${about}: ${what.slice(what.indexOf(':') + 1).trim()}`;
}

const deeds: Readonly<Record<Verb, readonly [string, string]>> = {
  spin_lock: ['takes', 'waits for'],
  mutex_lock: ['takes', 'waits for'],
  write_lock: ['takes', 'waits for'],
  read_lock: ['shares', 'waits for'],
  access: ['looks at', 'looks at'],
  schedule: ['runs on', 'goes to sleep'],
  synchronize_rcu: ['has waited for the readers of', 'waits for the readers of'],
  smp_mb: ['orders its stores before', 'waits for'],
  join: ['joins', 'waits for'],
  fault: ['has the page of', 'waits for the page of'],
};

function deedOf({ done, target, verb }: OpEvent): string {
  const deed = deeds[verb][done ? 0 : 1];
  return verb === 'schedule' ? deed : `${deed} ${target}`;
}
