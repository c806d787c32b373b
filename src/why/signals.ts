/** What became of a signal, for the call that sent it and for those that slept through it. */
import { signalName } from '../kernel/uapi/names.ts';
import { epollWaits } from '../trace/calls/kinds.ts';
import { type Call, lastOf, rootOf, type Sent } from './history/happening.ts';
import type { History } from './history.ts';
import { callText, type Hop } from './hops.ts';
import type { Cause, Verdict } from './verdict.ts';

/** Calls that send a signal. */
export const signalCalls: ReadonlySet<string> = new Set([
  'tgkill',
  'tkill',
  'kill',
  'pidfd_send_signal',
]);

const isForProcess = ({ scope }: Sent): boolean => rootOf(scope)?.name !== 'tgkill';

/** The signal whose handler ended a call. */
export function interrupting(call: Call, history: History): Sent | undefined {
  const { pid, tgid } = call.task;
  return lastOf(
    history.signals,
    (sent) =>
      sent.seq < (call.ended?.seq ?? 0) &&
      (sent.fate === 'taken' || sent.fate === 'pending') &&
      (sent.to.pid === pid || (sent.to.tgid === tgid && isForProcess(sent))),
  );
}

/** Of a call that sent signals; those that woke somebody are told of elsewhere. */
export function signalsOf(call: Call, history: History): Verdict[] {
  if (!signalCalls.has(call.name)) return [];
  return history.signals
    .filter(({ scope }) => rootOf(scope) === call)
    .map((sent) => ({ ...fateOf(sent, history), hops: [signalHop(sent)] }));
}

/** Of signals that came while a call slept, and that did not end it. */
export function sleptThrough(call: Call, until: number, history: History): Verdict[] {
  const { pid, tgid } = call.task;
  return history.signals
    .filter(({ seq }) => seq > call.seq && seq < until)
    .filter((sent) => sent.to.pid === pid || (sent.to.tgid === tgid && isForProcess(sent)))
    .filter((sent) => !(sent.fate === 'taken' && sent.to.pid === pid))
    .filter(({ scope }) => signalCalls.has(rootOf(scope)?.name ?? ''))
    .map((sent) => {
      const { cause, sentence } = fateOf(sent, history);
      return {
        cause,
        sentence: `step ${sent.step} does not end ${call.name}() of ${call.task.comm}: ${sentence}`,
        hops: [signalHop(sent)],
      };
    });
}

export const signalFate = (sent: Sent, history: History): string => fateOf(sent, history).sentence;

function fateOf(sent: Sent, history: History): { cause: Cause; sentence: string } {
  const { fate, signo, to } = sent;
  const name = signalName(signo);
  switch (fate) {
    case 'ignored':
      return {
        cause: 'signal-ignored',
        sentence: `${name} is dropped: ${to.comm} ignores it, by SIG_IGN or by its default action`,
      };
    case 'pending':
      return {
        cause: 'signal-blocked',
        sentence: `${name} stays pending: ${whoBlocks(sent)} it${maskText(sent, history)}`,
      };
    case 'merged':
      return {
        cause: 'signal-blocked',
        sentence: `${name} is pending for ${to.comm} already, and a second one is lost`,
      };
    case 'fatal':
      return { cause: 'signal-taken', sentence: `${name} is the end of the process of ${to.comm}` };
    default:
      return {
        cause: 'signal-taken',
        sentence: `${to.comm} does not block ${name}, and takes it by a handler${isForProcess(sent) ? ', and calls of other threads of its process go on' : ''}`,
      };
  }
}

const whoBlocks = (sent: Sent): string =>
  isForProcess(sent)
    ? `no thread of the process of ${sent.to.comm} can take it, as they block`
    : `${sent.to.comm} blocks`;

/** The mask may be that of the call alone. */
function maskText({ seq, to }: Sent, history: History): string {
  const inside = lastOf(
    history.calls,
    (call) =>
      call.task.pid === to.pid &&
      call.seq < seq &&
      (call.ended === null || call.ended.seq > seq) &&
      masking(call),
  );
  return inside === undefined ? '' : `, by the mask of ${inside.name}() since step ${inside.step}`;
}

/** Does the call block signals while it lasts? */
const masking = ({ event, name }: Call): boolean =>
  (epollWaits.has(name) && name !== 'epoll_wait' && event.args[4] !== null) ||
  ((name === 'ppoll' || name === 'pselect6') && event.args.at(-1) !== null);

export function signalHop({ scope, seq, step, task }: Sent): Hop {
  const root = rootOf(scope);
  const sentence = root?.kind === 'call' ? callText(root as Call) : (root?.name ?? '');
  return { step, actor: task.comm, functions: [], sentence, seq };
}
