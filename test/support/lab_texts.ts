/** The texts of the lab, taken apart: sections, elements, lists, code, and what they quote of notes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../lab/model/compile.ts';
import { type Moment, type RecordOptions, record } from '../../lab/model/recording.ts';
import { root } from './tidy.ts';

/** An element of a text, with its attributes as they are written. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What stands between its tags. */
  readonly content: string;
}

export interface Section {
  readonly title: string;
  readonly text: string;
}

/** A lab in one of its languages. */
export interface LabText {
  readonly path: string;
  readonly frontmatter: Readonly<Record<string, string>>;
  readonly sections: readonly Section[];
  readonly elements: readonly Element[];
}

/** The names of the labs below a folder: `01-create`. */
export const labNames = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.replace(/\.md$/, ''))
    .sort();

export const readLab = (path: string): LabText =>
  labOf(path, readFileSync(join(root, path), 'utf8'));

/** Takes a text apart. */
export function labOf(path: string, text: string): LabText {
  const [, head = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
  const frontmatter = Object.fromEntries(
    head.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.replace(/^\w+: */, '')]),
  );
  const sections = body.split(/^## /m).map((part) => ({
    title: part.slice(0, part.indexOf('\n')).trim(),
    text: part.slice(part.indexOf('\n') + 1),
  }));
  return { path, frontmatter, sections: sections.slice(1), elements: elementsOf(body) };
}

function elementsOf(text: string): Element[] {
  const found = text.matchAll(/<(epollsim-\w+)((?:[^">]|"[^"]*")*)>([\s\S]*?)<\/\1>/g);
  return [...found].map(([, name = '', attributes = '', content = '']) => ({
    name,
    attributes: Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
        key,
        value,
      ]),
    ),
    content,
  }));
}

/** How many items each list has, in order; a list ends where something else begins. */
export function listsOf(text: string): number[] {
  const counts: number[] = [];
  let kind = '';
  for (const line of text.split('\n')) {
    const [, mark] = /^(?:> )?(\d+\.|-) /.exec(line) ?? [];
    if (mark !== undefined) {
      const next = mark === '-' ? '-' : '1';
      if (next === kind && mark !== '1.') counts.push((counts.pop() ?? 0) + 1);
      else counts.push(1);
      kind = next;
    } else if (/^\S/.test(line)) kind = '';
  }
  return counts;
}

/** Fenced blocks. */
export const fencesOf = (text: string): string[] =>
  [...text.matchAll(/^```[\s\S]*?^```$/gm)].map(([block]) => block);

/** How many rows each table has, with its head. */
export const tablesOf = (text: string): number[] =>
  [...text.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) => table.trimEnd().split('\n').length);

/** Where its links lead. */
export const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)]*)\)/g)].map(([, link = '']) => link);

const withoutFences = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');

/** What stands in backticks, without line breaks. */
export const codeOf = (text: string): string[] =>
  [...withoutFences(text).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '));

/** What stands in quotes or italics, in Latin letters and more than a word. */
export function quotesOf(text: string): string[] {
  const plain = withoutFences(text)
    .replace(/<(?:[^">]|"[^"]*")*>/g, '')
    .replace(/`[^`]*`/g, '')
    .replace(/\s+/g, ' ');
  const found = plain.matchAll(/["“]([^"”]+)["”]|(?<!\*)\*([^* ][^*]*)\*(?!\*)/g);
  return [...found]
    .map(([, quoted, italic]) => quoted ?? italic ?? '')
    .filter((one) => /^[\x20-\x7e]+$/.test(one) && one.includes(' '));
}

/** The keys that it says to press, and arrows wherever they stand. */
export const keysOf = (text: string): string[] => [
  ...[...text.matchAll(/(?:[Pp]ress|按(?:一次)?) `([^`]+)`/g)].map(([, key = '']) => key),
  ...codeOf(text).filter((code) => /[←→↑↓]|^(Shift|Ctrl|Alt)\+|^(Home|End|Space)$/.test(code)),
];

// ── What happens ─────────────────────────────────────────────────────────────────────────────────

const programFile = (name: string): string => join(root, 'lab/programs', name);

/** The steps and the kernel of lab/programs/NAME.schedule. */
function scheduleOf(name: string): RecordOptions {
  const lines = readFileSync(programFile(`${name}.schedule`), 'utf8').split('\n');
  const said = (what: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`# ${what} `) ? [line.slice(what.length + 3)] : []));
  const [kernel] = said('kernel');
  return {
    steps: lines.filter((line) => line !== '' && !line.startsWith('#')),
    with: said('with'),
    without: said('without'),
    ...(kernel === undefined ? {} : { kernel }),
  };
}

const idsOf = (ids: string | undefined): string[] => ids?.split(',') ?? [];

/** The moments that a bench shows. Throws where its program or schedule is not there. */
export function momentsOf({ attributes }: Element): readonly Moment[] {
  const { kernel, program = '', schedule, with: added, without } = attributes;
  const options: RecordOptions = {
    ...(schedule === undefined ? {} : scheduleOf(schedule)),
    ...(kernel === undefined ? {} : { kernel }),
    ...(added === undefined ? {} : { with: idsOf(added) }),
    ...(without === undefined ? {} : { without: idsOf(without) }),
  };
  const { error, moments } = record(
    compile(readFileSync(programFile(`${program}.ts`), 'utf8')),
    options,
  );
  if (error?.includes('schedule') === true) throw new Error(`${program}: ${error}`);
  return moments;
}

/** The words by which a moment is known: `ep5[3]: onto rdllist`, `ep_poll_callback: onto rdllist`. */
export const wordsOf = ({ fn, kind, sentence }: Moment): string[] =>
  kind === 'note' ? [sentence, `${fn}: ${sentence.slice(sentence.indexOf(': ') + 2)}`] : [sentence];
