/** What `epollsim lab check` prints: of one program what is wrong with it, of several hand-ins a table. */
import CliTable from 'cli-table3';
import type { Colours } from '../../trace/format.ts';
import { paragraphs } from '../../trace/paragraphs.ts';
import type { Graded } from './grader.ts';
import type { ClaimedWork, HandIn } from './hand_ins.ts';
import type { Language, Task } from './tasks.ts';

/** A solution, and what came of it. */
export interface Result extends ClaimedWork {
  readonly graded: Graded;
}

/** A file, and what came of the solutions in it. */
export interface Report extends Omit<HandIn, 'works'> {
  readonly results: readonly Result[];
}

export const isPassed = (graded: Graded): boolean => 'grade' in graded && graded.grade.passed;

const wordsOf = (graded: Graded, language: Language): string =>
  'grade' in graded ? graded.grade.words[language] : graded.problem;

export interface Look {
  readonly language: Language;
  readonly colours: Colours;
  readonly width: number;
}

const verdicts: Readonly<Record<Language, readonly [passed: string, failed: string]>> = {
  en: ['passed', 'not passed'],
  zh: ['通过', '未通过'],
};

/** One program. */
export function verdictText({ graded, lab }: Result, tasks: readonly Task[], look: Look): string {
  const { colours, language, width } = look;
  const title = tasks.find(({ number }) => number === lab)?.title[language] ?? '';
  const [passed, failed] = verdicts[language];
  const verdict = isPassed(graded) ? colours.bold(passed) : colours.red(failed);
  const head = { en: `lab ${lab}, ${title}: ${verdict}`, zh: `实验 ${lab}，${title}：${verdict}` };
  const words = paragraphs(wordsOf(graded, language), width).map((lines) =>
    lines.map(printable).join('\n'),
  );
  const story = 'grade' in graded ? graded.grade.story.trimEnd() : '';
  return `${[head[language], ...words, story].filter(Boolean).join('\n\n')}\n`;
}

/** No frame; a line below the heads. */
const none = ['top', 'bottom', 'left', 'right', 'mid', 'middle'].flatMap((side) =>
  ['', '-mid', '-left', '-right'].map((place) => [side + place, '']),
);

/** A row a file, a column a lab; below it, what is to be said of what has not passed. */
export function tableText(reports: readonly Report[], look: Look): string {
  const labs = [...new Set(reports.flatMap(({ results }) => results.map(({ lab }) => lab)))].sort(
    (a, b) => a - b,
  );
  const table = new CliTable({
    head: ['hand-in', 'student', 'predicted', ...labs.map(String), 'passed'],
    chars: { ...Object.fromEntries(none), middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const { file, predictions, results, student } of reports) {
    table.push([
      printable(file),
      printable(student ?? ''),
      predictions === null ? '' : `${predictions.right}/${predictions.answered}`,
      ...labs.map((lab) => markOf(results.find((one) => one.lab === lab))),
      `${results.filter(({ graded }) => isPassed(graded)).length}/${labs.length}`,
    ]);
  }
  const failures = reports.flatMap(({ results }) => results).filter((one) => !isPassed(one.graded));
  return `${[
    table.toString().replace(/[ \t]+$/gm, ''),
    marks,
    ...failures.map((one) => failureText(one, look)),
  ].join('\n\n')}\n`;
}

/** A name makes no row of its own, and leaves the terminal as it is. */
const printable = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');

const marks = '✓ passed   ✗ not passed   ! could not be run   * not what the file says   · none';

/** What a file says that is not so is looked at by a person. */
function markOf(result: Result | undefined): string {
  if (result === undefined) return '·';
  const { claimed, graded } = result;
  const mark = isPassed(graded) ? '✓' : 'grade' in graded ? '✗' : '!';
  return claimed === null || claimed === isPassed(graded) ? mark : `${mark}*`;
}

function failureText({ graded, lab, name }: Result, { colours, language, width }: Look): string {
  const place = name.endsWith(`, lab ${lab}`) ? name : `${name}, lab ${lab}`;
  const lines = paragraphs(wordsOf(graded, language), width - 2)
    .flat()
    .map(printable);
  return [colours.bold(printable(place)), ...lines.map((line) => `  ${line}`)].join('\n');
}

/** The same for a script: a line for each solution. */
export function jsonLines({ file, predictions, results, student }: Report): string {
  return results
    .map(({ claimed, graded, lab }) => {
      const { words = null, schedule = null, story = '' } = 'grade' in graded ? graded.grade : {};
      const problem = 'problem' in graded ? graded.problem : null;
      const passed = isPassed(graded);
      const row = { file, student, lab, passed, claimed, words, schedule, story, problem };
      return `${JSON.stringify({ ...row, predictions })}\n`;
    })
    .join('');
}
