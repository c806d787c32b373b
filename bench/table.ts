/** Rows as tables, for a person or for a page. */
import type { Row } from './row.ts';

const digits = (value: number): string =>
  value >= 99.95 || value === 0 ? value.toFixed(0) : value.toPrecision(3);

/** Three digits, and the unit that suits them. */
function withUnit(value: number, units: readonly string[], step: number): string {
  let [left, at] = [value, 0];
  while (Math.abs(left) >= step - 0.5 && at < units.length - 1) {
    left /= step;
    at++;
  }
  return `${digits(left)} ${units[at]}`;
}

export const durationText = (ns: number | null): string =>
  ns === null ? '–' : withUnit(ns, ['ns', 'µs', 'ms', 's'], 1000);

export const bytesText = (bytes: number): string =>
  withUnit(bytes, ['B', 'KiB', 'MiB', 'GiB'], 1024);

export const countText = (count: number): string =>
  String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');

/** Half of what lies between the quartiles. */
const spreadText = (spread: number | undefined): string =>
  spread === undefined ? '' : `±${(spread * 50).toFixed(0)} %`;

export const ratioText = (ratio: number | null): string =>
  ratio === null ? '–' : ratio.toFixed(2);

/** A figure by the unit that its name ends with. */
function figureText(name: string, value: number | undefined): string {
  if (value === undefined) return '';
  if (name.endsWith('_ns')) return durationText(value);
  if (name.includes('bytes')) return bytesText(value);
  return name === 'steps' && value < 1000 ? digits(value) : countText(value);
}

const figureTitle = (name: string): string =>
  name
    .replace(/_(ns|bytes)$/, '')
    .replace('bytes_each', 'each')
    .replaceAll('_', ' ');

export interface Table {
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
  /** What is missing, and why. */
  readonly notes: readonly string[];
}

/** A table a kind, in the order in which the kinds come. */
export function tablesOf(rows: readonly Row[]): Table[] {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  return kinds.map((kind) => tableOf(rows.filter((row) => row.kind === kind)));
}

function tableOf(rows: readonly Row[]): Table {
  const figures = [...new Set(rows.flatMap((row) => Object.keys(row.figures ?? {})))];
  const isSized = rows.some(({ size }) => size !== 1);
  const isTimed = rows.some(({ model_ns }) => model_ns !== null);
  const isSpread = rows.some(({ model_spread }) => model_spread !== undefined);
  const isCompared = rows.some((row) => row.linux_ns !== null);
  const kind = rows[0]?.kind ?? '';
  const pick = (...cells: (readonly [boolean, string])[]): string[] =>
    cells.filter(([is]) => is).map(([, cell]) => cell);
  return {
    head: [
      kind,
      ...pick(
        [isSized, 'of'],
        [isTimed, 'model'],
        [isSpread, ''],
        [isCompared, 'Linux'],
        [isCompared, ''],
        [isCompared, 'model/Linux'],
      ),
      ...figures.map(figureTitle),
    ],
    lines: rows.map((row) => [
      row.name,
      ...pick(
        [isSized, countText(row.size)],
        [isTimed, durationText(row.model_ns)],
        [isSpread, spreadText(row.model_spread)],
        [isCompared, durationText(row.linux_ns)],
        [isCompared, spreadText(row.linux_spread)],
        [isCompared, ratioText(row.ratio)],
      ),
      ...figures.map((name) => figureText(name, row.figures?.[name])),
    ]),
    notes: notesOf(rows),
  };
}

function notesOf(rows: readonly Row[]): string[] {
  const reasons = [...new Set(rows.flatMap(({ why }) => (why === undefined ? [] : [why])))];
  return reasons.map((reason) => {
    const where = rows
      .filter(({ why }) => why === reason)
      .map(({ name, size }) => (size === 1 ? name : `${name} of ${countText(size)}`));
    return `${where.join(', ')}: ${reason}`;
  });
}

export function asText({ head, lines, notes }: Table): string {
  const all = [head, ...lines];
  const widths = head.map((_, i) => Math.max(...all.map((line) => (line[i] ?? '').length)));
  const pad = (cell: string, i: number): string =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  const texts = all.map((line) => line.map(pad).join('  ').trimEnd());
  return [...texts, ...notes.map((note) => `  not measured: ${note}`)]
    .map((line) => `${line}\n`)
    .join('');
}

export function asMarkdown({ head, lines, notes }: Table): string {
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  const texts = [head, rule, ...lines].map((line) => `| ${line.join(' | ')} |\n`).join('');
  return texts + notes.map((note) => `\nNot measured: ${note}.\n`).join('');
}
