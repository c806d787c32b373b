/** What a scenario shows of processes. */
import { signalName } from '../kernel/uapi/names.ts';
import type { Scenario, Step } from './scenario.ts';
import type { CallResult } from './transcript.ts';

export type ProcessCall =
  | 'fork'
  | 'execve'
  | 'exit'
  | 'wait4'
  | 'waitid'
  | 'setpgid'
  | 'pidfd_open';

export type ProcessStep = Extract<Step, { readonly call: ProcessCall }>;

/** How a process has ended, from the status that wait4() stores. */
function endOf(status: number): string {
  const signal = status & 0x7f;
  return signal === 0 ? `exited ${(status >> 8) & 0xff}` : `killed ${signalName(signal)}`;
}

/** The numbers of processes are the machine's own; the names of their threads stand for them. */
export const waitedFor = (process: string, status: number): CallResult => ({
  ret: 0,
  process,
  status: endOf(status),
});

/** The threads that begin with a fork, by index. */
export const forkedThreads = ({ steps }: Scenario): number[] =>
  steps.flatMap((step) => (step.call === 'fork' ? [step.args.child] : []));

/** Calls by which processes come and go, or that signals go to: they need not be there at the end. */
export const processCalls: ReadonlySet<string> = new Set<Step['call']>([
  'fork',
  'execve',
  'exit',
  'sigaction',
  'kill',
  'pidfd_send_signal',
]);
