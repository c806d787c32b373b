/**
 * A process that plays scenarios on both sides for the command, so that several are played at a
 * time and one that hangs can be ended. Each task it is sent gets one reply, in order.
 */
import { type Finding, Tester, type Trial } from './fuzz/trial.ts';
import { Judge, type Judgement, type Question } from './judge.ts';
import { modelledRelease, runningKernel } from './kernels.ts';
import { Linux } from './linux/linux.ts';

export type Task =
  | { readonly kind: 'judge'; readonly question: Question }
  | { readonly kind: 'fuzz'; readonly trial: Trial; readonly kernel: string | null };

export type Reply =
  | { readonly kind: 'busy' }
  | { readonly kind: 'judged'; readonly judgement: Judgement }
  | { readonly kind: 'tried'; readonly finding: Finding }
  | { readonly kind: 'failed'; readonly message: string };

const live = process.argv.includes('--live');
const running = runningKernel();
const linux = new Linux();
const judge = new Judge(live ? linux : null, running);

function replyTo(task: Task): Reply {
  if (task.kind === 'judge') return { kind: 'judged', judgement: judge.judge(task.question) };
  const kernel = { kernel: task.kernel ?? modelledRelease(running) };
  const tester = new Tester(linux, kernel, () => process.send?.({ kind: 'busy' } satisfies Reply));
  return { kind: 'tried', finding: tester.run(task.trial) };
}

process.on('message', (task: Task) => {
  let reply: Reply;
  try {
    reply = replyTo(task);
  } catch (error) {
    reply = { kind: 'failed', message: error instanceof Error ? (error.stack ?? '') : `${error}` };
  }
  process.send?.(reply);
});
process.on('SIGINT', () => {}); // The command decides when to end.
process.on('disconnect', () => {
  linux.close();
  process.exit();
});
