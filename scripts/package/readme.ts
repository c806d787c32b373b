/** What a document tells its reader to do in an empty folder: its files, its commands, and what they print. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * What a reader does: writes a file, changes one, or types commands, after which `shown` stands there, if
 * anything.
 */
export type Step =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'change'; readonly name: string; readonly diff: string }
  | { readonly kind: 'commands'; readonly text: string; readonly shown: string | null };

const block = /^(?:<!-- (file|change): (\S+) -->\n)?```(\w+)\n([\s\S]*?)\n?```$/gm;

/** The steps of a document, in its order. */
export function stepsOf(document: string): Step[] {
  const steps: Step[] = [];
  for (const [, how, path = '', language, text = ''] of document.matchAll(block)) {
    const last = steps.at(-1);
    const name = basename(path);
    if (how === 'file') steps.push({ kind: 'file', name, text: `${text}\n` });
    else if (how === 'change') steps.push({ kind: 'change', name, diff: text });
    else if (language === 'sh') steps.push({ kind: 'commands', text, shown: null });
    else if (last?.kind === 'commands' && last.shown === null)
      steps[steps.length - 1] = { ...last, shown: text };
  }
  return steps;
}

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** Those of the section "Install"; throws an Error where there is no such section. */
export function installSteps(readme: string): Step[] {
  const section = /^## Install\n([\s\S]*?)^## /m.exec(readme)?.[1];
  if (section === undefined) throw new Error('the README has no section "Install"');
  return stepsOf(section);
}

export const readSteps = (): Step[] => installSteps(read('README.md'));

/** Those of each guide, by the path of its document. */
export const readGuides = (): [path: string, steps: Step[]][] =>
  readdirSync(new URL('docs/guide/', root))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => [`docs/guide/${name}`, stepsOf(read(`docs/guide/${name}`))]);

/**
 * A file after a change: lines with a `-` go, lines with a `+` come, the others say where. Throws an Error where
 * the file does not have what is changed, or has it twice.
 */
export function changed(text: string, diff: string): string {
  const side = (gone: string): string =>
    diff
      .split('\n')
      .filter((line) => line[0] !== gone)
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  const parts = text.split(side('+'));
  if (parts.length !== 2) {
    throw new Error(`expected this once, found it ${parts.length - 1} times:\n${side('+')}`);
  }
  return parts.join(side('-'));
}

/** What a command printed, without what is another on each day: how long the tests of vitest took. */
export const withoutTimes = (printed: string): string => printed.replaceAll(/ \d+ms$/gm, '');

/** Whether this was printed; a line `…` stands for any number of lines. */
export function isShown(shown: string, printed: string): boolean {
  const patterns = shown
    .split('\n')
    .map((line) =>
      line === '…' ? '(?:.*\\n)*?' : `${line.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}\\n`,
    );
  return new RegExp(`^${patterns.join('')}$`).test(`${printed}\n`);
}
