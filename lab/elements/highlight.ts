/** Words of TypeScript in their kinds: enough to read a program by, without a parser. */

/** `plain` is what needs no colour. */
export type WordKind = 'plain' | 'comment' | 'string' | 'number' | 'keyword' | 'constant';

/** A piece of a line. */
export interface Word {
  readonly kind: WordKind;
  readonly text: string;
}

const keywords =
  'as async await break case catch class const continue declare default delete do else export extends false finally for from function if implements import in instanceof interface let new null of private protected public readonly return static super switch this throw true try type typeof undefined var void while yield';

const pattern = new RegExp(
  [
    String.raw`(?<comment>//.*|/\*[\s\S]*?\*/)`,
    String.raw`(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\x60(?:\\.|[^\x60\\])*\x60)`,
    String.raw`(?<number>\b(?:0x[\da-fA-F_]+|\d[\d_.]*(?:e-?\d+)?)n?\b)`,
    String.raw`(?<keyword>\b(?:${keywords.replaceAll(' ', '|')})\b)`,
    String.raw`(?<constant>\b[A-Z][A-Z\d_]{2,}\b)`,
  ].join('|'),
  'g',
);

/** The lines of a text, each as its words in their order. */
export function highlighted(text: string): Word[][] {
  const lines: Word[][] = [[]];
  const add = (kind: WordKind, piece: string): void => {
    for (const [i, part] of piece.split('\n').entries()) {
      if (i > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push({ kind, text: part });
    }
  };
  let end = 0;
  for (const { 0: piece, groups, index } of text.matchAll(pattern)) {
    add('plain', text.slice(end, index));
    const found = Object.entries(groups ?? {}).find(([, value]) => value !== undefined);
    add((found?.[0] ?? 'plain') as WordKind, piece);
    end = index + piece.length;
  }
  add('plain', text.slice(end));
  return lines;
}
