/**
 * A text, or a stream of it, cut into scenario documents.
 *
 * A document is one JSON object, on one line (NDJSON) or pretty-printed over many; several may
 * follow each other in either form. A byte order mark, CRLF and blank lines are passed over.
 * What is not JSON is one bad document and costs no other: reading goes on at the next line that
 * can begin a document, which is one that
 * - follows a bad line and is neither indented nor begins with a closing bracket or a name, or
 * - interrupts a document with "{" in its first column, and either names a key that only the
 *   document as a whole has, or stands in a text that is indented otherwise.
 *
 * Invariants: what is held is the document that is being read and an unfinished line, no more.
 */
import { quote, ScenarioError } from './errors.ts';
import { hasNameTwice, JsonScanner } from './json.ts';
import { isObject } from './kinds.ts';
import { parseScenario } from './parse.ts';
import type { Scenario } from './scenario.ts';

/** A document that holds a scenario. */
export interface GoodDocument {
  /** The line it begins on, from 1. */
  readonly line: number;
  /** The scenario, read. */
  readonly scenario: Scenario;
  /** The document as it was read. */
  readonly value: unknown;
  readonly error?: never;
}

/** A document in which something is wrong. */
export interface BadDocument {
  /** The line it begins on, from 1. */
  readonly line: number;
  readonly scenario?: never;
  /** What is wrong with it. */
  readonly error: ScenarioError;
  /** null where the document gives none or cannot be read. */
  readonly name: string | null;
}

/** A document of a stream: with its scenario, or with the error that is in it. */
export type ScenarioDocument = GoodDocument | BadDocument;

/** Every document of a text, good and bad, in their order. */
export function readDocuments(text: string): ScenarioDocument[] {
  const reader = new DocumentReader();
  return [...reader.push(text), ...reader.end()];
}

/**
 * The one scenario of a text.
 *
 * @throws ScenarioError where the text has none, or several
 */
export function readScenario(text: string): Scenario {
  const documents = readDocuments(text);
  const [first] = documents;
  if (first === undefined) throw new ScenarioError('the document is empty');
  if (first.error !== undefined) throw first.error;
  if (documents.length === 1) return first.scenario;
  throw new ScenarioError(`expected one document, found ${documents.length}`);
}

/** A key that stands in a document and never in a step or in an argument. */
const documentKey = /^\{\s*"(?:version|name|about|mode|threads|steps|concurrent|after)"\s*:/;
/** What becomes of bytes that are no character of UTF-8. */
const halfPair = /\p{Surrogate}/u;
const goesOnAfterError = /^[\s}\]",]/;

/** Cuts a stream of chunks; each call gives the documents that are complete by then. */
export class DocumentReader {
  private documents: ScenarioDocument[] = [];
  private rest = '';
  private lineNumber = 0;

  // The document that is being read, none where `scanner` is null:
  private scanner: JsonScanner | null = null;
  private text = '';
  private firstLine = 0;
  /** Whether its second line is. */
  private indented = false;
  /** Where it stops so far, behind its last character that is not blank. */
  private endLine = 0;
  private endOffset = 0;
  /** Says what is wrong, once something is; the lines that follow are passed over. */
  private problem: string | null = null;
  private depth = 0;

  /** The documents that end in `chunk`, the next piece of the text, which may stop anywhere. */
  push(chunk: string): ScenarioDocument[] {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf('\n', from);
      if (end < 0) break;
      const line = this.rest + chunk.slice(from, end);
      this.rest = '';
      this.takeLine(line);
      from = end + 1;
    }
    this.rest += chunk.slice(from);
    return this.taken();
  }

  /** The stream is over. */
  end(): ScenarioDocument[] {
    if (this.rest !== '') this.takeLine(this.rest);
    this.rest = '';
    this.cut();
    return this.taken();
  }

  private taken(): ScenarioDocument[] {
    const documents = this.documents;
    this.documents = [];
    return documents;
  }

  private takeLine(text: string): void {
    this.lineNumber++;
    const line = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    if (this.scanner !== null && this.interrupts(line)) this.cut();
    if (this.scanner !== null) {
      if (this.lineNumber === this.firstLine + 1) this.indented = /^\s/.test(line);
      this.goOn(line, 0);
    } else if (line.trim() !== '') {
      this.begin(line);
    }
  }

  /** Whether a line cannot belong to the document that is being read. */
  private interrupts(line: string): boolean {
    if (this.problem !== null) return line.trim() !== '' && !goesOnAfterError.test(line);
    return line.startsWith('{') && (this.indented || documentKey.test(line));
  }

  private begin(line: string): void {
    const trimmed = line.trim();
    if (trimmed.startsWith('{') && trimmed.endsWith('}')) {
      const value = parseJson(line);
      if (value !== undefined && !halfPair.test(line) && !hasNameTwice(line, value)) {
        return this.emit(this.lineNumber, value);
      }
    }
    this.start();
    this.goOn(line, 0);
  }

  private start(): void {
    this.scanner = new JsonScanner();
    this.text = '';
    this.firstLine = this.lineNumber;
    this.indented = false;
    this.problem = null;
    this.depth = 0;
  }

  private goOn(line: string, from: number): void {
    const { scanner } = this;
    if (scanner === null) return;
    if (this.problem !== null) return this.passOver(line, 0);
    const half = line.slice(from).search(halfPair);
    if (half >= 0) return this.refuseBytes(line, from, from + half);
    switch (scanner.scan(line, from)) {
      case 'open':
        this.text += `${line.slice(from)}\n`;
        if (line.trim() === '') return;
        this.endLine = this.lineNumber;
        this.endOffset = line.trimEnd().length;
        return;
      case 'error':
        this.depth = scanner.depth;
        this.problem = scanner.isJson
          ? `line ${this.lineNumber}, column ${scanner.offset + 1}: ${scanner.problem}`
          : this.located(scanner.offset, scanner.problem);
        this.text = '';
        return this.passOver(line, scanner.offset);
      case 'done':
        return this.complete(line, from, scanner.offset);
    }
  }

  private refuseBytes(line: string, from: number, offset: number): void {
    this.problem =
      `the document is not UTF-8: line ${this.lineNumber}, column ${offset + 1}: ` +
      'bytes that are no character';
    this.depth = this.scanner?.depth ?? 0;
    this.text = '';
    this.passOver(line, from);
  }

  /** The document ends at `end`; what follows on its line is another one, or makes it bad. */
  private complete(line: string, from: number, end: number): void {
    const following = end + (/^\s*/.exec(line.slice(end))?.[0].length ?? 0);
    const next = line.charAt(following);
    if (next !== '' && next !== '{') {
      const problem = `expected the end of the document, found ${quote(next)}`;
      this.fail(this.located(following, problem));
      return;
    }
    this.scanner = null;
    this.emit(this.firstLine, parseJson(this.text + line.slice(from, end)));
    if (next === '') return;
    this.start();
    this.goOn(line, following);
  }

  /** Follows the brackets of a bad document, roughly, to find its end. */
  private passOver(line: string, from: number): void {
    let inString = false;
    for (let i = from; i < line.length; i++) {
      const character = line.charAt(i);
      if (character === '"') inString = !inString;
      else if (inString && character === '\\') i++;
      else if (inString) continue;
      else if (character === '{' || character === '[') this.depth++;
      else if (character === '}' || character === ']') this.depth--;
    }
    if (this.depth <= 0) this.cut();
  }

  /** The document that is being read ends here, and is bad. */
  private cut(): void {
    const { scanner } = this;
    if (scanner === null) return;
    const problem = scanner.expected('the end of the document');
    this.fail(this.problem ?? this.located(this.endOffset, problem, this.endLine));
  }

  private located(offset: number, problem: string, line: number = this.lineNumber): string {
    return `the document is not JSON: line ${line}, column ${offset + 1}: ${problem}`;
  }

  private fail(message: string): void {
    this.scanner = null;
    const error = new ScenarioError(message);
    this.documents.push({ line: this.firstLine, name: null, error });
  }

  private emit(line: number, value: unknown): void {
    try {
      this.documents.push({ line, scenario: parseScenario(value), value });
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      const name = isObject(value) && typeof value['name'] === 'string' ? value['name'] : null;
      this.documents.push({ line, name, error });
    }
  }
}

/** The value of a JSON text, undefined where it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
