/** `epollsim conform`: both sides of many scenarios, compared. */
import { basename } from 'node:path';
import { type ExitCode, exitCodes, FileError, say } from '../src/cli/errors.ts';
import { Output } from '../src/cli/output.ts';
import { type ConformRequest, readConform } from './conform_options.ts';
import { ConformReport } from './conform_report.ts';
import { type Case, record } from './corpus.ts';
import { type Answered, Jobs } from './jobs.ts';
import type { Judgement } from './judge.ts';
import { mainRelease, runningKernel } from './kernels.ts';
import { interruptible, whyNotLive } from './live.ts';
import { type Asked, questionsOf } from './questions.ts';
import type { Task } from './worker.ts';

export async function conform(argv: readonly string[]): Promise<ExitCode> {
  const request = readConform(argv);
  const output = new Output(undefined);
  try {
    return await compareAll(request, output);
  } finally {
    output.close();
  }
}

/** A scenario that is being judged, in the order of the files. */
interface Pending extends Asked {
  readonly task: Task;
  readonly number: number;
}

async function compareAll(request: ConformRequest, output: Output): Promise<ExitCode> {
  const reason = request.live ? whyNotLive() : 'it was not asked for';
  if (reason !== null) {
    if (request.record !== null) {
      say(`nothing can be recorded: ${reason}`);
      return exitCodes.unavailable;
    }
    say(`the live side is skipped: ${reason}; the model is compared with what was recorded`);
  }
  const kernel = runningKernel();
  const report = new ConformReport(output, request.json, reason === null ? kernel : null);
  const recorder = new Recorder(request, kernel);
  const inOrder = new InOrder((asked, judgement) => {
    report.add(asked, judgement);
    recorder.add(asked, judgement);
  });
  const jobs = new Jobs<Pending>(
    inOrder.tasks(questionsOf(request)),
    reason === null,
    (of, reply) => inOrder.answer(of, reply),
  );
  const interrupted = await interruptible(
    () => jobs.run(request.jobs),
    () => jobs.stop(),
  );
  if (!interrupted) recorder.write();
  return report.end(interrupted);
}

/** Workers answer in any order; reports come in the order of the files. */
class InOrder {
  private readonly tell: (asked: Asked, judgement: Judgement) => void;
  private readonly waiting: Map<number, () => void> = new Map();
  private dealt = 0;
  private told = 0;

  constructor(tell: (asked: Asked, judgement: Judgement) => void) {
    this.tell = tell;
  }

  *tasks(asked: Iterable<Asked>): Generator<Pending, undefined> {
    for (const one of asked) {
      const number = this.dealt++;
      if (one.question !== null) {
        yield { ...one, number, task: { kind: 'judge', question: one.question } };
        continue;
      }
      const { name, text: reason } = one.problem ?? { name: null, text: '' };
      this.done(number, one, { name: name ?? 'no name', verdict: 'malformed', reason });
    }
  }

  answer(of: Pending, reply: Answered): void {
    if (reply.kind === 'judged') return this.done(of.number, of, reply.judgement);
    const reason = reply.kind === 'failed' ? reply.message : 'no judgement';
    const { name } = JSON.parse(of.question?.text ?? '{}') as { name?: string };
    this.done(of.number, of, { name: name ?? 'no name', verdict: 'hung', reason });
  }

  private done(number: number, asked: Asked, judgement: Judgement): void {
    this.waiting.set(number, () => this.tell(asked, judgement));
    for (;;) {
      const next = this.waiting.get(this.told);
      if (next === undefined) return;
      this.waiting.delete(this.told++);
      next();
    }
  }
}

/** Collects what is to become part of the corpus. */
class Recorder {
  private readonly request: ConformRequest;
  private readonly kernel: string;
  private readonly groups: Map<string, Case[]> = new Map();

  constructor(request: ConformRequest, kernel: string) {
    this.request = request;
    this.kernel = kernel;
  }

  /** Only what the kernel said the same way each time; the outcomes of a race are never complete. */
  add(asked: Asked, { name, verdict, linux }: Judgement): void {
    if (this.request.record === null || asked.question === null) return;
    const isSteady = verdict === 'equal' || verdict === 'differs' || verdict === 'sampled';
    if (!isSteady || linux === undefined) return say(`${name} is not recorded: ${verdict}`);
    if (name === 'no name')
      throw new FileError(`${asked.place}: a case of the corpus needs a name`);
    const error = (JSON.parse(linux) as { error?: string }).error;
    if (error !== undefined) return say(`${name} is not recorded: ${error}`);
    const group = this.request.record.group ?? basename(asked.group);
    const cases = this.groups.get(group) ?? [];
    this.groups.set(group, [...cases, { text: asked.question.text, golden: linux }]);
  }

  write(): void {
    const { record: recording, corpus } = this.request;
    if (recording === null) return;
    const release = mainRelease(this.kernel);
    for (const [group, cases] of this.groups) {
      const entry = { about: recording.about, kernel: this.kernel };
      record(corpus, release, group, cases, entry);
      say(`${cases.length} cases recorded in linux-${release}/${group}`);
    }
  }
}
