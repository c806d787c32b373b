/** Matchers for what check() says: that nothing is wrong, or what, and how programs ended. */
import type { Verdict } from '../../check/check.ts';
import { type DetectorName, detectorNames } from '../../check/detectors/index.ts';
import { summary } from '../../shared/words.ts';
import { inWords } from '../../syscalls/found.ts';
import { findingText, pageOf } from '../finding_text.ts';
import { type Asking, indented, type Judged } from './state.ts';

function verdictOf(matcher: string, received: unknown): Verdict {
  const verdict = received as Partial<Verdict> | null | undefined;
  if (Array.isArray(verdict?.findings) && verdict.results instanceof Map)
    return received as Verdict;
  throw new TypeError(
    `${matcher}: expected what check() returns, as in expect(check(program)).${matcher}(…), found ${inWords(received)}`,
  );
}

const foundText = ({ findings }: Verdict): string =>
  findings.map((finding) => findingText(finding)).join('\n\n');

/** No finding, and every interleaving was covered of those that were asked for. */
export function toFindNothing(this: Asking, received: unknown): Judged {
  const verdict = verdictOf('toFindNothing', received);
  const { findings, limit, strategy } = verdict;
  const covered = strategy === 'exhaustive' ? verdict.complete : limit === null;
  return {
    pass: findings.length === 0 && covered,
    message: () => {
      if (this.isNot === true) return `expected that something is found: ${summary(verdict)}`;
      if (findings.length > 0) {
        return `expected that nothing is found: ${summary(verdict)}\n\n${foundText(verdict)}`;
      }
      return `expected that nothing is found, and everything covered: ${summary(verdict)}\n${limit?.message ?? ''}`;
    },
  };
}

/** A finding of this kind, whose sentence has or matches `sentence`. */
export function toFind(
  this: Asking,
  received: unknown,
  kind: DetectorName,
  sentence: string | RegExp = '',
): Judged {
  const verdict = verdictOf('toFind', received);
  if (!detectorNames.includes(kind)) {
    throw new TypeError(
      `toFind: expected one of ${detectorNames.join(', ')}, found ${inWords(kind)}`,
    );
  }
  const says = (text: string): boolean =>
    typeof sentence === 'string' ? text.includes(sentence) : sentence.test(text);
  const problems = [...verdict.findings, ...verdict.information];
  const about = sentence === '' ? '' : ` that says ${sentence}`;
  return {
    pass: problems.some((one) => one.kind === kind && says(one.sentence)),
    message: () => {
      const article = /^[aeiou]/.test(kind) ? 'an ' : 'a ';
      const negation = this.isNot === true ? 'no ' : article;
      const list = problems.map((one) => `${one.kind}: ${one.sentence}\n`).join('');
      const found = list === '' ? '' : `, with\n${indented(list)}`;
      const page = `\nabout ${kind}: ${pageOf(kind)}`;
      return `expected ${negation}${kind}${about}; ${summary(verdict)}${found}${page}`;
    },
  };
}

/** Some execution returned this; compared as JSON. */
export function toHaveOutcome(this: Asking, received: unknown, outcome: unknown): Judged {
  const verdict = verdictOf('toHaveOutcome', received);
  const wanted = JSON.stringify(outcome) ?? 'undefined';
  return {
    pass: verdict.results.has(wanted),
    message: () =>
      `expected ${this.isNot === true ? 'no' : 'some'} execution to return ${wanted}; ${outcomesText(verdict)}`,
  };
}

/** These were returned and nothing else, in whatever order; compared as JSON. */
export function toHaveOutcomes(
  this: Asking,
  received: unknown,
  outcomes: readonly unknown[],
): Judged {
  const verdict = verdictOf('toHaveOutcomes', received);
  const expected = outcomes.map((one) => JSON.stringify(one) ?? 'undefined').sort();
  const actual = [...verdict.results.keys()].sort();
  return {
    pass: this.equals(actual, expected),
    message: () =>
      this.isNot === true
        ? `expected other outcomes than ${expected.join(', ')}; found just these`
        : `expected the outcomes ${expected.join(', ')}; ${outcomesText(verdict)}`,
    actual,
    expected,
  };
}

function outcomesText(verdict: Verdict): string {
  const { executions, results } = verdict;
  if (results.size === 0) return `none of ${executions} executions returned anything`;
  const each = [...results].map(([text, times]) => `${text} in ${times}`);
  return `of ${executions} executions these returned: ${each.join(', ')}`;
}
