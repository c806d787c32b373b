/** Rows as a table, for a person or for a page. */
import type { Kind, Row } from './row.ts';

/** Three digits, and the unit that suits them. */
export function durationText(ns: number | null): string {
  if (ns === null) return '–';
  const units = ['ns', 'µs', 'ms', 's'];
  let value = ns;
  while (value >= 999.5 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${value >= 99.95 ? value.toFixed(0) : value.toPrecision(3)} ${units[0]}`;
}

export const countText = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

const spreadText = (spread: number | undefined): string =>
  spread === undefined ? '' : `±${(spread * 50).toFixed(0)} %`;

const ratioText = (ratio: number | null): string => (ratio === null ? '–' : ratio.toFixed(2));

const head = ['', '', 'model', '', 'Linux', '', 'model/Linux'];

const cellsOf = (row: Row): string[] => [
  row.name,
  countText(row.size),
  durationText(row.model_ns),
  spreadText(row.model_spread),
  durationText(row.linux_ns),
  spreadText(row.linux_spread),
  row.why === undefined ? ratioText(row.ratio) : `– ${row.why}`,
];

/** Columns of the width of what is in them; the first one is left-aligned, and so is what is long. */
export function columns(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, i) =>
    Math.max(
      ...lines.map((line) => ((line[i] ?? '').startsWith('– ') ? 1 : (line[i] ?? '').length)),
    ),
  );
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** All rows, kind by kind, with a title line a kind. */
export function tableText(rows: readonly Row[]): string {
  const kinds: readonly Kind[] = [...new Set(rows.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const lines = rows.filter((row) => row.kind === kind).map(cellsOf);
      return columns([[kind, ...head.slice(1)], ...lines]);
    })
    .join('\n');
}
