/** What `conform` prints: differences as they are found, a line a group, and the sum. */
import { type ExitCode, exitCodes, say } from '../src/cli/errors.ts';
import type { Output } from '../src/cli/output.ts';
import { Progress } from '../src/cli/progress.ts';
import type { Judgement, OtherKernel, Verdict } from './judge.ts';
import type { Asked } from './questions.ts';
import { type ShownScenario, type Side, shownDifference } from './show.ts';

type Counts = Record<Verdict | 'otherKernel' | 'findings', number>;

const noCounts = (): Counts => ({
  equal: 0,
  differs: 0,
  nondeterministic: 0,
  sampled: 0,
  skipped: 0,
  hung: 0,
  malformed: 0,
  otherKernel: 0,
  findings: 0,
});

export class ConformReport {
  private readonly output: Output;
  private readonly json: boolean;
  /** The running kernel; null where it was not asked. */
  private readonly kernel: string | null;
  private readonly progress: Progress;
  private readonly groups: Map<string, Counts> = new Map();
  private readonly sum: Counts = noCounts();
  /** Why scenarios were skipped, and how many. */
  private readonly reasons: Map<string, number> = new Map();
  private scenarios = 0;
  /** How many nondeterministic ones still have what was recorded, as the model has it, among their variants. */
  private upheld = 0;

  constructor(output: Output, json: boolean, kernel: string | null) {
    this.output = output;
    this.json = json;
    this.progress = new Progress(json);
    this.kernel = kernel;
  }

  add(asked: Asked, judgement: Judgement): void {
    this.scenarios++;
    if (judgement.upheld === true) this.upheld++;
    this.count(asked.group, judgement);
    if (this.json) {
      this.output.write(`${JSON.stringify({ group: asked.group, ...judgement })}\n`);
      this.output.flush();
    } else {
      this.tell(asked, judgement);
    }
    this.progress.show(() => `${this.scenarios} scenarios, ${this.sum.differs} differ`);
  }

  /** The sum; the exit code says it too. */
  end(interrupted: boolean): ExitCode {
    this.progress.clear();
    const { seconds } = this.progress;
    const { scenarios, kernel } = this;
    const { otherKernel, ...verdicts } = this.sum;
    if (this.json) {
      const sum = { scenarios, ...verdicts, otherKernel, seconds, kernel, interrupted };
      this.output.write(`${JSON.stringify(sum)}\n`);
    } else {
      for (const [group, counts] of this.groups) this.line(`${group}: ${countsText(counts)}`);
      for (const [reason, count] of this.reasons) say(`${count} not played live: ${reason}`);
      const where = kernel === null ? 'the live side was skipped' : `Linux ${kernel}`;
      this.line(`${scenarios} scenarios in ${seconds} s, ${where}: ${countsText(this.sum)}`);
    }
    if (interrupted) return exitCodes.interrupted;
    return this.exitCode();
  }

  private exitCode(): ExitCode {
    const { differs, hung, nondeterministic, malformed, findings, equal, sampled } = this.sum;
    const unsteady = nondeterministic - this.upheld;
    if (differs + hung + unsteady + malformed + findings > 0) return exitCodes.failed;
    return equal + sampled + this.upheld === 0 ? exitCodes.unavailable : exitCodes.done;
  }

  private count(group: string, { verdict, reason, otherKernel }: Judgement): void {
    const counts = this.groups.get(group) ?? noCounts();
    this.groups.set(group, counts);
    for (const each of [counts, this.sum]) {
      each[verdict]++;
      if (otherKernel !== undefined) each.otherKernel++;
      if (otherKernel?.explanation === null) each.findings++;
    }
    const isAside = verdict !== 'sampled' && verdict !== 'hung' && verdict !== 'malformed';
    if (reason === undefined || !isAside || this.kernel === null) return;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  private tell(asked: Asked, judgement: Judgement): void {
    const { name, verdict, reason, sides, variants = [], otherKernel } = judgement;
    const quiet = verdict === 'equal' || verdict === 'sampled' || verdict === 'skipped';
    if (quiet && otherKernel === undefined) return;
    this.progress.clear();
    const what = reason === undefined ? verdict : `${verdict}: ${reason}`;
    this.line(`${asked.place}: ${name}: ${quiet ? 'the kernels differ' : what}`);
    const document = JSON.parse(asked.question?.text ?? '{"steps":[]}') as ShownScenario;
    if (sides !== undefined) this.lines(shownDifference(document, ...sides));
    if (verdict === 'nondeterministic') this.tellVariants(document, variants);
    else for (const variant of variants) this.line(`  ${variant}`);
    if (otherKernel !== undefined) this.tellKernels(document, otherKernel);
    this.line('');
    this.output.flush();
  }

  private tellVariants(document: ShownScenario, [first = '', ...others]: readonly string[]): void {
    for (const [i, other] of others.entries()) {
      const sides: [Side, Side] = [
        { name: 'one play', text: first },
        { name: `another ${i + 1}`, text: other },
      ];
      this.lines(shownDifference(document, ...sides));
    }
  }

  private tellKernels(document: ShownScenario, other: OtherKernel): void {
    const { recorded, running, golden, linux, explanation } = other;
    const because =
      explanation === null
        ? 'no commit that is known explains it: a finding'
        : `because of ${explanation.id} "${explanation.title}" (${explanation.release})`;
    this.line(`  Linux ${running} differs from Linux ${recorded}, ${because}`);
    const sides: [Side, Side] = [
      { name: `Linux ${recorded}`, text: golden },
      { name: `Linux ${running}`, text: linux },
    ];
    this.lines(shownDifference(document, ...sides));
  }

  private line(text: string): void {
    this.output.write(`${text}\n`);
  }

  private lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }
}

const words: Readonly<Record<keyof Counts, string>> = {
  equal: 'equal',
  differs: 'differ',
  nondeterministic: 'nondeterministic',
  sampled: 'sampled',
  skipped: 'skipped',
  hung: 'hung',
  malformed: 'malformed',
  otherKernel: 'recorded otherwise',
  findings: 'of these unexplained',
};

const countsText = (counts: Counts): string =>
  (Object.keys(words) as (keyof Counts)[])
    .filter((key) => counts[key] > 0)
    .map((key) => `${counts[key]} ${words[key]}`)
    .join(', ') || 'none';
