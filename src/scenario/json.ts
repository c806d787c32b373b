/**
 * Where a JSON text goes wrong, line by line, in words that no JavaScript engine chooses.
 *
 * JSON.parse() makes the values; this scanner only knows the grammar. It is what tells where a
 * document ends that goes over several lines, and what a message about bad JSON is made of.
 */

type State = 'value' | 'first element' | 'key' | 'first key' | 'colon' | 'next' | 'done';

/** What a line has done to the document: it goes on, it is complete, or it is not JSON. */
export type ScanResult = 'open' | 'done' | 'error';

const blank = /[ \t\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const word = /true|false|null/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The end of what `pattern` matches at `from`, or `from` where it matches nothing. */
function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

export class JsonScanner {
  /** The brackets that close what is open. */
  private readonly closers: string[] = [];
  /** The names that each object which is open has so far; of a list, none. */
  private readonly names: Set<string>[] = [];
  private state: State = 'value';

  /** Where the last line stopped: behind the document, or at what is wrong. */
  offset = 0;
  /** What is wrong. */
  problem = '';
  /** Whether it is JSON all the same: a name that stands twice. */
  isJson = false;

  get depth(): number {
    return this.closers.length;
  }

  /** Goes on with `text`, a line or what is left of one, from `from`. */
  scan(text: string, from: number): ScanResult {
    this.offset = from;
    while (this.state !== 'done') {
      this.offset = endOf(blank, text, this.offset);
      if (this.offset === text.length) return 'open';
      if (!this.token(text)) return 'error';
    }
    return 'done';
  }

  /** What could stand here, as a message. */
  expected(found: string): string {
    return `expected ${this.expectation()}, found ${found}`;
  }

  private expectation(): string {
    const closer = JSON.stringify(this.closers.at(-1));
    switch (this.state) {
      case 'value':
        return 'a value';
      case 'first element':
        return 'a value or "]"';
      case 'first key':
        return 'a name in double quotes or "}"';
      case 'key':
        return 'a name in double quotes';
      case 'colon':
        return '":"';
      case 'next':
        return `"," or ${closer}`;
      case 'done':
        return 'the end';
    }
  }

  /** Takes one token; false if it cannot stand here. */
  private token(text: string): boolean {
    const character = text.charAt(this.offset);
    switch (this.state) {
      case 'next':
        if (character === ',') return this.step(this.closers.at(-1) === '}' ? 'key' : 'value');
        return character === this.closers.at(-1) ? this.close() : this.fail(text);
      case 'colon':
        return character === ':' ? this.step('value') : this.fail(text);
      case 'first key':
        if (character === '}') return this.close();
        return this.key(text);
      case 'key':
        return this.key(text);
      case 'first element':
        if (character === ']') return this.close();
        return this.value(text);
      default:
        return this.value(text);
    }
  }

  private key(text: string): boolean {
    if (text.charAt(this.offset) !== '"') return this.fail(text);
    const from = this.offset;
    if (!this.string(text)) return false;
    const name = text.slice(from, this.offset);
    const known = this.names.at(-1);
    const key = name.includes('\\') ? (JSON.parse(name) as string) : name.slice(1, -1);
    if (known?.has(key)) {
      this.isJson = true;
      return this.wrong(from, `key ${name} stands twice`);
    }
    known?.add(key);
    this.state = 'colon';
    return true;
  }

  private value(text: string): boolean {
    const character = text.charAt(this.offset);
    if (character === '{') return this.open('}', 'first key');
    if (character === '[') return this.open(']', 'first element');
    if (character === '"') {
      if (!this.string(text)) return false;
    } else {
      let end = endOf(number, text, this.offset);
      if (end === this.offset) end = endOf(word, text, this.offset);
      if (end === this.offset) return this.fail(text);
      this.offset = end;
    }
    this.ended();
    return true;
  }

  private string(text: string): boolean {
    let at = this.offset + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x22) break;
      if (at >= text.length) return this.wrong(this.offset, 'a string does not end on its line');
      if (code < 0x20) return this.wrong(at, 'a control character in a string');
      if (code !== 0x5c) {
        at++;
        continue;
      }
      const end = endOf(escaped, text, at);
      if (end === at) return this.wrong(at, 'a "\\" that begins no escape');
      at = end;
    }
    this.offset = at + 1;
    return true;
  }

  private open(closer: string, state: State): boolean {
    this.closers.push(closer);
    this.names.push(new Set());
    return this.step(state);
  }

  private close(): boolean {
    this.closers.pop();
    this.names.pop();
    this.offset++;
    this.ended();
    return true;
  }

  /** Goes on behind a token of one character. */
  private step(state: State): boolean {
    this.state = state;
    this.offset++;
    return true;
  }

  private ended(): void {
    this.state = this.closers.length === 0 ? 'done' : 'next';
  }

  private fail(text: string): boolean {
    const found = String.fromCodePoint(text.codePointAt(this.offset) ?? 0);
    return this.wrong(this.offset, this.expected(JSON.stringify(found)));
  }

  private wrong(offset: number, problem: string): boolean {
    this.offset = offset;
    this.problem = problem;
    return false;
  }
}

/** Whether some object of a JSON text has one name twice, of which JSON.parse() keeps the last. */
export function hasNameTwice(text: string, value: unknown): boolean {
  let written = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    at = endOf(blank, text, endOfString(text, at));
    if (text.charAt(at) === ':') written++;
  }
  return written !== nameCount(value);
}

/** Behind the quote that ends the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); ; at = text.indexOf('"', at + 1)) {
    let first = at;
    while (text.charAt(first - 1) === '\\') first--;
    if ((at - first) % 2 === 0) return at + 1;
  }
}

function nameCount(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const one of Object.values(value)) count += nameCount(one);
  return count;
}
