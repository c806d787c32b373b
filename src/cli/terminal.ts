/** What is known of the terminal: whether it shows colours, and how many places a line has. */
import type { Output } from './output.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether text is coloured: on a terminal that can, unless NO_COLOR is set to anything; and in a pipe
 * as well if FORCE_COLOR is, for a pager. A file by its name stays without.
 *
 * Source: https://no-color.org and https://force-color.org.
 */
export function showsColours(
  { isStandard, isTerminal }: Pick<Output, 'isStandard' | 'isTerminal'>,
  { FORCE_COLOR: forced = '', NO_COLOR: none = '', TERM: terminal }: Environment = process.env,
): boolean {
  if (none !== '') return false;
  if (forced !== '' && isStandard) return forced !== '0' && forced !== 'false';
  return isTerminal && terminal !== 'dumb';
}

/** The places of a line: as COLUMNS says, or else the terminal; undefined where nobody knows. */
export function columnsOf(
  output: Output,
  { COLUMNS }: Environment = process.env,
): number | undefined {
  const told = /^\d{1,4}$/.test(COLUMNS ?? '') ? Number(COLUMNS) : 0;
  if (told > 0) return told;
  return output.isTerminal ? process.stdout.columns : undefined;
}
