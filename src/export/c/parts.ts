/**
 * The runtime of a C program, cut down to what a scenario needs.
 *
 * runtime.c is made of parts that begin with `//: KEY` and end with `//.`, one in another. A part is
 * taken where its key holds: `name()` when what is taken calls that function, `name` when it has
 * that word, `/…/` when it matches, `@name` when the feature is asked for; and each with `!` before
 * it when not. Lines outside of every part are always taken.
 *
 * In a program of many scenarios not all of them need the same. There a part within a function stands
 * in an `if`, where its key is one of `guards`.
 */
import { runtimeText } from './runtime_text.ts';

/** What a scenario can need of the runtime besides the functions that its steps call. */
export type Feature =
  | 'concurrent'
  | 'execve'
  | 'expires'
  | 'files'
  | 'many'
  | 'network'
  | 'processes'
  | 'sleep'
  | 'sought'
  | 'terminals'
  | 'timed';

interface Part {
  readonly key: string;
  readonly lines: (string | Part)[];
}

const whole: Part = partsOf(runtimeText.trimEnd().split('\n'));

function partsOf(lines: readonly string[]): Part {
  const root: Part = { key: '', lines: [] };
  const open: Part[] = [root];
  for (const line of lines) {
    const inner = open.at(-1) as Part;
    if (line.startsWith('//: ')) {
      const part: Part = { key: line.slice(4), lines: [] };
      inner.lines.push(part);
      open.push(part);
    } else if (line === '//.') {
      open.pop();
    } else {
      inner.lines.push(line);
    }
  }
  return root;
}

/** By key: what is true in C where the scenario that is played needs the part. */
export type Guards = ReadonlyMap<string, string>;

const noGuards: Guards = new Map();

/** The runtime with `head` in its place, for code that follows it. */
export function runtimeFor(
  head: string,
  code: string,
  features: ReadonlySet<Feature>,
  guards: Guards = noGuards,
): string {
  // What is taken may call what is not taken yet, so this goes on until nothing is added.
  let text = '';
  for (;;) {
    const seen = withoutComments(`${text}\n${head}\n${code}`);
    const next = textOf(whole, head, guards, (key) => holds(key, seen, features));
    if (next === text) return text;
    text = next;
  }
}

function textOf(
  part: Part,
  head: string,
  guards: Guards,
  isTaken: (key: string) => boolean,
): string {
  let text = '';
  for (const line of part.lines) {
    if (typeof line === 'string') text += `${line}\n`;
    else if (line.key === '@head') text += head;
    else text += partText(line, head, guards, isTaken);
  }
  return text;
}

const isWithinFunction = ({ lines: [first] }: Part): boolean =>
  typeof first === 'string' && first.startsWith('\t');

function partText(
  part: Part,
  head: string,
  guards: Guards,
  isTaken: (key: string) => boolean,
): string {
  const isContrary = part.key.startsWith('!');
  const key = isContrary ? part.key.slice(1) : part.key;
  const guard = isWithinFunction(part) ? guards.get(key) : undefined;
  // Some scenarios need it, and others may not.
  if (guard !== undefined && isTaken(key)) {
    const condition = isContrary ? `!(${guard})` : guard;
    return guarded(condition, textOf(part, head, guards, isTaken));
  }
  return isTaken(part.key) ? textOf(part, head, guards, isTaken) : '';
}

/** As deep as its first line, what is guarded one deeper. */
function guarded(guard: string, text: string): string {
  const [indent = ''] = /^\t*/.exec(text) ?? [];
  return `${indent}if (${guard}) {\n${text.replace(/^(?=.)/gm, '\t')}${indent}}\n`;
}

function holds(key: string, seen: string, features: ReadonlySet<Feature>): boolean {
  if (key.startsWith('!')) return !holds(key.slice(1), seen, features);
  if (key.startsWith('@')) return features.has(key.slice(1) as Feature);
  if (key.startsWith('/')) return new RegExp(key.slice(1, -1)).test(seen);
  if (key.endsWith('()')) return new RegExp(`\\b${key.slice(0, -2)}\\(`).test(seen);
  return new RegExp(`\\b${key}\\b`).test(seen);
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '');
