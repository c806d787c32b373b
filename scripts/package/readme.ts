/** The section "Install" of the README: its files, its commands, and what they print. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** What a reader does: writes a file, or types commands, after which `shown` stands there, if anything. */
export type Step =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'commands'; readonly text: string; readonly shown: string | null };

const block = /^(?:<!-- file: (\S+) -->\n)?```(\w+)\n([\s\S]*?)\n?```$/gm;

/** The steps of the section, in its order; throws an Error where there is no such section. */
export function stepsOf(readme: string): Step[] {
  const section = /^## Install\n([\s\S]*?)^## /m.exec(readme)?.[1];
  if (section === undefined) throw new Error('the README has no section "Install"');
  const steps: Step[] = [];
  for (const [, file, language, text = ''] of section.matchAll(block)) {
    const last = steps.at(-1);
    if (file !== undefined) steps.push({ kind: 'file', name: basename(file), text: `${text}\n` });
    else if (language === 'sh') steps.push({ kind: 'commands', text, shown: null });
    else if (last?.kind === 'commands') steps[steps.length - 1] = { ...last, shown: text };
  }
  return steps;
}

export const readSteps = (): Step[] =>
  stepsOf(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'));
