/** An answer as text. */
import { type Colours, noColours } from '../trace/format.ts';
import type { Answer, Finding } from './answer.ts';
import type { Hop } from './hops.ts';

export function whyText({ calls, findings, step }: Answer, colours: Colours = noColours): string {
  const title = `${colours.bold(`step ${step}`)}  ${calls.join('; ')}`;
  const told = findings.length === 0 ? ['', 'this step does nothing that concerns epoll'] : [];
  return `${[title, ...told, ...findings.flatMap((one) => findingLines(one, colours, calls.length > 1))].join('\n')}\n`;
}

/** What test failures and findings of the checker take: a finding, and the hops below it. */
export const findingLines = (
  { cause, hops, sentence, task }: Finding,
  colours: Colours = noColours,
  named = false,
): string[] => [
  '',
  `${named ? `${task}: ` : ''}${colours.yellow(cause)}: ${sentence}`,
  ...hops.map((hop) => hopLine(hop, colours)),
];

function hopLine({ actor, functions, sentence, step }: Hop, colours: Colours): string {
  const path = functions.map((name) => `${name}()`).join(' → ');
  const where = path === '' ? '' : `${colours.cyan(path)}: `;
  return `  ${colours.dim(`step ${step}`.padEnd(8))} ${actor}: ${where}${sentence}`;
}
