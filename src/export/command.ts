/**
 * A command line for a POSIX shell: the document or program on standard input of `epollsim play`. A
 * schedule comes as a file of its own, by the `<( )` of bash, zsh and ksh.
 */
import { type Artefact, checkArtefact, ExportError, readArtefact } from './artefact.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The command line, without the newline at its end.
 *
 * @throws ExportError where the scenario, the kernel or the schedule is none
 */
export function toCommandLine(artefact: Artefact): string {
  checkArtefact(artefact, 'the artefact');
  const { kernel, with: added = [], without = [], schedule } = artefact;
  const text = artefact.program ?? JSON.stringify(artefact.scenario);
  const words = [`printf %s ${quoted(text)} | epollsim play`];
  if (kernel !== undefined) words.push(`--kernel ${quoted(kernel)}`);
  for (const id of added) words.push(`--with ${quoted(id)}`);
  for (const id of without) words.push(`--without ${quoted(id)}`);
  if (schedule !== undefined) words.push(`--schedule <(printf %s ${quoted(schedule)})`);
  return `${words.join(' ')} -`;
}

export const looksLikeCommandLine = (text: string): boolean => /^\s*printf\s/.test(text);

/** Words, and the operators that a command line of ours has; quotes are taken off the words. */
type Token = { readonly word: string } | { readonly operator: '|' | '<(' | ')' };

function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  const token = /\s+|(\||<\(|\))|((?:'[^']*'|\\[^\n]|[^\s'\\|<>()"`$&;])+)/y;
  while (token.lastIndex < line.length) {
    const at = token.lastIndex;
    const found = token.exec(line);
    if (found === null) {
      const what =
        line.charAt(at) === "'" ? 'a quote that is not closed' : JSON.stringify(line.charAt(at));
      throw new ExportError(`the command line has ${what} at place ${at + 1}`);
    }
    const [, operator, word] = found;
    if (operator !== undefined) tokens.push({ operator: operator as '|' });
    if (word !== undefined) tokens.push({ word: unquoted(word) });
  }
  return tokens;
}

const unquoted = (word: string): string =>
  word.replace(
    /'([^']*)'|\\(.)/g,
    (_, inside: string | undefined, one: string | undefined) => inside ?? one ?? '',
  );

/**
 * The artefact of a `line` that toCommandLine() made; `npm run -s epollsim --` may stand for the command.
 *
 * @throws ExportError for any other line, with what was expected
 */
export function fromCommandLine(line: string): Artefact {
  const reader = new Reader(tokensOf(line));
  const text = reader.printed();
  reader.operator('|');
  reader.command();
  const artefact: Record<string, unknown> = {};
  const lists: { with: string[]; without: string[] } = { with: [], without: [] };
  for (let word = reader.word('"-"'); word !== '-'; word = reader.word('"-"')) {
    if (word === '--kernel') artefact['kernel'] = reader.word('a release');
    else if (word === '--with') lists.with.push(reader.word('a commit'));
    else if (word === '--without') lists.without.push(reader.word('a commit'));
    else if (word === '--schedule') artefact['schedule'] = reader.scheduleText();
    else throw new ExportError(`the command line: expected an option or "-", found "${word}"`);
  }
  reader.end();
  const what = /^\s*\{/.test(text) ? { scenario: documentOf(text) } : { program: text };
  return readArtefact(JSON.stringify({ ...what, ...artefact, ...lists }), 'the command line');
}

function documentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ExportError(
      `the command line: the document is not JSON: ${(error as Error).message}`,
    );
  }
}

class Reader {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  word(expected: string): string {
    const token = this.tokens[this.at++];
    if (token !== undefined && 'word' in token) return token.word;
    throw this.unexpected(expected, token);
  }

  operator(expected: '|' | '<(' | ')'): void {
    const token = this.tokens[this.at++];
    if (token === undefined || !('operator' in token) || token.operator !== expected) {
      throw this.unexpected(`"${expected}"`, token);
    }
  }

  private exactly(expected: string): void {
    const token = this.tokens[this.at];
    if (this.word(`"${expected}"`) !== expected) throw this.unexpected(`"${expected}"`, token);
  }

  /** What printf %s prints. */
  printed(): string {
    this.exactly('printf');
    this.exactly('%s');
    return this.word('a text');
  }

  scheduleText(): string {
    this.operator('<(');
    const text = this.printed();
    this.operator(')');
    return text;
  }

  command(): void {
    const token = this.tokens[this.at];
    if (token !== undefined && 'word' in token && token.word === 'npm') {
      for (const word of ['npm', 'run', '-s', 'epollsim', '--']) this.exactly(word);
    } else {
      this.exactly('epollsim');
    }
    this.exactly('play');
  }

  end(): void {
    const token = this.tokens[this.at];
    if (token !== undefined) throw this.unexpected('its end', token);
  }

  private unexpected(expected: string, token: Token | undefined): ExportError {
    const found =
      token === undefined
        ? 'its end'
        : `"${'word' in token ? token.word.slice(0, 40) : token.operator}"`;
    return new ExportError(`the command line: expected ${expected}, found ${found}`);
  }
}
