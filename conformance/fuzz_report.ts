/** What `fuzz` prints: differences as they are found, and the sum. */
import { type ExitCode, exitCodes } from '../src/cli/errors.ts';
import type { Output } from '../src/cli/output.ts';
import { Progress } from '../src/cli/progress.ts';
import { freeCalls } from './fuzz/document.ts';
import { type Finding, nameOf, type Trial } from './fuzz/trial.ts';
import type { FuzzRequest } from './fuzz.ts';
import { shownDifference } from './show.ts';

/** As many differences of one kind are made small; the others are counted. */
const shrunkOfAKind = 10;

export class FuzzReport {
  /** The scenarios that differ, made small, as lines of a file. */
  readonly smallScenarios: string[] = [];
  private readonly output: Output;
  private readonly request: FuzzRequest;
  private readonly kernel: string;
  private readonly progress: Progress;
  private readonly counts: Record<Finding['verdict'], number> = {
    equal: 0,
    differs: 0,
    nondeterministic: 0,
    skipped: 0,
    hung: 0,
  };
  private readonly kinds: Map<string, number> = new Map();
  private readonly reasons: Map<string, number> = new Map();
  private scenarios = 0;

  constructor(output: Output, request: FuzzRequest, kernel: string) {
    this.output = output;
    this.request = request;
    this.progress = new Progress(request.json);
    this.kernel = kernel;
  }

  get knownKinds(): string[] {
    return [...this.kinds].filter(([, count]) => count >= shrunkOfAKind).map(([kind]) => kind);
  }

  add(trial: Trial, finding: Finding): void {
    this.scenarios++;
    this.counts[finding.verdict]++;
    if (finding.verdict === 'differs') this.differs(trial, finding);
    else if (finding.verdict === 'skipped') this.skipped(finding.reason);
    else if (finding.verdict === 'hung') this.tell(`${nameOf(trial)}: hung: ${finding.reason}`);
    this.progress.show(() => {
      const { differs, nondeterministic } = this.counts;
      const rate = this.progress.rate(this.scenarios);
      const done = `${this.scenarios}/${this.request.count} scenarios, ${rate}/s`;
      return `${done}, divergences: ${differs}, nondeterministic: ${nondeterministic}`;
    });
  }

  /** A worker was lost at this scenario. */
  lost(trial: Trial, message: string): void {
    this.scenarios++;
    this.counts.hung++;
    this.tell(`${nameOf(trial)}: ${message}`);
  }

  end(interrupted: boolean): ExitCode {
    this.progress.clear();
    const { scenarios, kernel, request, counts } = this;
    const { seed, profiles } = request;
    const { differs: divergences, ...others } = counts;
    const { seconds } = this.progress;
    if (request.json) {
      const kinds = Object.fromEntries(this.kinds);
      const skips = Object.fromEntries(this.reasons);
      const head = { scenarios, divergences, seconds, ...others, kinds, skips };
      const sum = { ...head, seed, profiles, kernel, interrupted };
      this.output.write(`${JSON.stringify(sum)}\n`);
    } else {
      const rate = this.progress.rate(scenarios);
      const sums = Object.entries(others).filter(([, count]) => count > 0);
      const text = [`divergences: ${divergences}`, ...sums.map(([name, n]) => `${name}: ${n}`)];
      for (const [reason, count] of this.reasons) this.line(`skipped ${count}: ${reason}`);
      const where = `seed ${seed}, ${profiles.join(', ')}, Linux ${kernel}`;
      this.line(`${scenarios} scenarios in ${seconds} s (${rate}/s), ${where}`);
      this.line(`${text.join(', ')}${interrupted ? ', interrupted' : ''}`);
    }
    if (interrupted) return exitCodes.interrupted;
    return divergences + counts.hung > 0 ? exitCodes.failed : exitCodes.done;
  }

  private skipped(reason: string): void {
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  private differs(trial: Trial, finding: Finding & { verdict: 'differs' }): void {
    const { kind, scenario, model, linux, steps } = finding;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    const text = JSON.stringify(scenario);
    const isSmall = !trial.known.includes(kind);
    if (isSmall) this.smallScenarios.push(text);
    if (this.request.json) {
      const name = nameOf(trial);
      this.line(JSON.stringify({ name, kind, steps, scenario, model, linux }));
      this.output.flush();
      return;
    }
    if (!isSmall) return this.tell(`${nameOf(trial)}: ${kind}, as others before`);
    const count = scenario.steps.length + freeCalls(scenario).length;
    if (scenario.mode === 'concurrent') {
      const missing = linux.split('\n').map((outcome) => `  only on Linux (${model}): ${outcome}`);
      return this.tell(
        `${nameOf(trial)}: ${kind} (${count} of ${steps} steps)`,
        ...missing,
        text,
        '',
      );
    }
    const sides = [
      { name: 'model', text: model },
      { name: 'Linux', text: linux },
    ] as const;
    this.tell(
      `${nameOf(trial)}: ${kind} (${count} of ${steps} steps)`,
      ...shownDifference(scenario, ...sides),
      text,
      '',
    );
  }

  private tell(...lines: readonly string[]): void {
    this.progress.clear();
    for (const line of lines) this.line(line);
    this.output.flush();
  }

  private line(text: string): void {
    this.output.write(`${text}\n`);
  }
}
