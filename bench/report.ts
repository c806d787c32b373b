/** What a run came to: as one object, as text, and in docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, type as systemType } from 'node:os';
import { join } from 'node:path';
import { type Aim, type Conclusion, conclude } from './aims.ts';
import { root } from './child.ts';
import type { Row } from './row.ts';
import { asMarkdown, asText, tablesOf } from './table.ts';

/** Where it was measured. */
export interface Computer {
  /** Such as "Linux 6.18.3". */
  readonly kernel: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
}

export interface Report extends Conclusion {
  readonly rows: readonly Row[];
  readonly computer: Computer;
}

export const reportOf = (rows: readonly Row[]): Report => ({
  rows,
  ...conclude(rows),
  computer: {
    kernel: `${systemType()} ${release().replace(/-.*/, '')}`,
    node: process.version,
    cpu: `${cpus()[0]?.model.trim() || 'unknown'} (${process.arch})`,
    cores: availableParallelism(),
  },
});

const computerText = ({ cores, cpu, kernel, node }: Computer): string =>
  `${kernel}, Node ${node}, ${cores} cores of ${cpu}`;

const verdictOf = ({ met }: Aim): string =>
  met === null ? 'not measured' : met ? 'met' : 'NOT MET';

export function reportText({ aims, computer, rows }: Report): string {
  const tables = tablesOf(rows).map(asText).join('\n');
  const verdicts = aims.map((aim) => `${aim.aim}: ${verdictOf(aim)}\n  ${aim.found}\n`).join('');
  return `${computerText(computer)}\n\n${tables}\n${verdicts}`;
}

const page = join(root, 'docs/performance.md');
const begin = '<!-- measured: npm run bench -- --page -->\n';
const end = '<!-- end -->';

/** Puts what was measured into the page, with charts that are in docs/charts. */
export function writePage({ aims, computer, rows }: Report, charts: readonly string[]): void {
  const before = readFileSync(page, 'utf8');
  const from = before.indexOf(begin) + begin.length;
  const to = before.indexOf(end);
  if (from < begin.length || to < from) throw new Error('docs/performance.md has no place for it');
  const verdicts = {
    head: ['aim', 'found', ''],
    lines: aims.map((aim) => [aim.aim, aim.found, verdictOf(aim)]),
    notes: [],
  };
  const tables = [verdicts, ...tablesOf(rows)].map(asMarkdown).join('\n');
  const pictures = charts
    .map((file) => `![${file.replace('.svg', '')}](charts/${file})\n`)
    .join('\n');
  const measured = `On ${computerText(computer)}:\n\n${tables}\n${pictures}`;
  writeFileSync(page, `${before.slice(0, from)}\n${measured}\n${before.slice(to)}`);
}
