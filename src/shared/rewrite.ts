/**
 * Rewrites a module so that it tells of every touch of what its threads may share; see ../sim/told.ts.
 *
 * Shared can only be what more than one function sees: variables that an inner function uses, and
 * `this`. Each place where one is used gets a call around it, on the same line:
 *
 *     served++              →  told.wrote(7,"served",served++)
 *     queue.push(request)   →  told.use(8,"queue","push",queue).push(told.pass(8,request))
 *
 * Invariants: the module does what it did; what cannot be rewritten so is refused, and the checker
 * then takes it that threads share all they can.
 */
import { createHash } from 'node:crypto';
import remapping from '@jridgewell/remapping';
import { type Node, parse } from 'acorn';
import { analyze, type Reference, type Variable } from 'eslint-scope';
import MagicString from 'magic-string';

/** A node with whatever a node may have. */
type Any = Node & Readonly<Record<string, unknown>>;

/** A place of the source, and what is put in front of it; behind it comes `)`. */
interface Around extends Pick<Node, 'start' | 'end'> {
  readonly open: string;
}

/** The module cannot be rewritten; the message says why. */
class NotTracked extends Error {
  override readonly name: string = 'NotTracked';
}

/** A module that was rewritten. */
export interface Rewritten {
  readonly code: string;
  /** From `code` to the source, as JSON; null where it was left as it was. */
  readonly map: string | null;
}

/**
 * The source, JavaScript, with its touches told to the module `told`; or as it was, with a word to
 * `told` why not. Both add lines at the end, and none before that.
 */
export function rewrite(source: string, told: string): Rewritten {
  const from = `from ${JSON.stringify(told)}`;
  const ending = (call: string): string => `\nimport * as ${name} ${from};\n${name}.${call};\n`;
  try {
    const { code, map } = new Rewriting(source).written();
    return { code: `${code}${ending('follow()')}`, map };
  } catch (error) {
    if (!(error instanceof NotTracked)) throw error;
    return { code: `${source}${ending(`refuse(${JSON.stringify(error.message)})`)}`, map: null };
  }
}

/** The same as one text, in which the map stands too, for Node. */
export function rewritten(source: string, told: string): string {
  const { code, map } = rewrite(source, told);
  if (map === null) return code;
  const whole = Buffer.from(withMapOf(source, map)).toString('base64');
  return `${code}//# ${mapUrl}${whole}\n`;
}

/** What the rewritten module calls ../sim/told.ts. */
const name = '$told';

/** Calls that only read from the memory they are given. */
const readers: ReadonlySet<string> = new Set([
  'write',
  'pwrite64',
  'writev',
  'send',
  'sendto',
  'sendmsg',
]);

class Rewriting {
  private readonly source: string;
  private readonly tree: Any;
  private readonly first: number;
  private readonly parents: Map<Any, Any> = new Map();
  private readonly around: Around[] = [];
  /** By variable, and by class for `this`. */
  private readonly numbers: Map<unknown, number> = new Map();

  constructor(source: string) {
    this.source = source;
    this.first = firstNumber(source);
    try {
      this.tree = parse(source, {
        ecmaVersion: 'latest',
        sourceType: 'module',
        allowHashBang: true,
        ranges: true,
      }) as Node as Any;
    } catch (error) {
      throw new NotTracked(`the module cannot be parsed: ${(error as Error).message}`);
    }
  }

  written(): { code: string; map: string } {
    const uses: Any[] = [];
    for (const node of this.nodes()) if (node.type === 'ThisExpression') uses.push(node);
    const options = { ecmaVersion: 2022, sourceType: 'module' } as const;
    for (const { variables } of analyze(this.tree as never, options).scopes) {
      for (const variable of variables) this.tell(variable);
    }
    for (const use of uses) this.aroundRead(use, this.numberOf(this.classOf(use)), false);
    return this.putTogether();
  }

  /** All of them, from the outside in; notes whose parts they are. */
  private nodes(): Any[] {
    const nodes = [this.tree];
    for (const node of nodes) {
      checkTrackable(node);
      for (const part of Object.values(node).flat()) {
        if (!isNode(part)) continue;
        this.parents.set(part, node);
        nodes.push(part);
      }
    }
    return nodes;
  }

  private tell(variable: Variable): void {
    if (!isShared(variable)) return;
    const number = this.numberOf(variable);
    const changes = isChanged(variable);
    for (const reference of variable.references) this.tellUse(reference, number, changes);
  }

  private tellUse(reference: Reference, number: number, changes: boolean): void {
    const node = reference.identifier as unknown as Any;
    if (reference.init === true) return;
    if (this.parent(node).type === 'ExportSpecifier') {
      if (changes) throw new NotTracked(`"${nameOf(node)}" is exported, and changes`);
    } else if (reference.isWrite()) {
      this.aroundWrite(node, number);
    } else {
      this.aroundRead(node, number, changes);
    }
  }

  private aroundWrite(node: Any, number: number): void {
    const parent = this.parent(node);
    if (parent.type === 'UpdateExpression') {
      this.put(parent, `wrote(${number},${quoted(node)},`);
    } else if (parent.type === 'AssignmentExpression' && parent.left === node) {
      // The old value is read before what is on the right, which may take any time.
      if (parent.operator !== '=')
        this.put(parent, `second(${name}.read(${number},${quoted(node)}),`);
      this.put(parent.right as Any, `wrote(${number},${quoted(node)},`);
    } else {
      throw new NotTracked(`"${nameOf(node)}" is changed by a pattern`);
    }
  }

  private aroundRead(node: Any, number: number, changes: boolean): void {
    const chain = this.chainOf(node);
    const parent = this.parent(chain);
    // "new" would take the first call for its own.
    if (parent.type === 'NewExpression' && parent.callee === chain) this.enclose(chain, '(');
    if (chain === node) {
      const key = parent.type === 'Property' && parent.shorthand ? `${nameOf(node)}:` : '';
      const how = this.isOnlyLookedAt(node) ? 'lend' : 'alias';
      this.put(node, `${how}(${number},${quoted(node)},${changes},`, key);
      return;
    }
    const isTarget = this.isTarget(chain);
    const calls = this.callsIn(chain, node);
    const uses = isTarget || calls.length > 0;
    const place = JSON.stringify(this.placeOf(node, chain));
    this.put(
      node,
      uses ? `use(${number},${place},${this.methodOf(node)},` : `look(${number},${place},`,
    );
    for (const { arguments: given } of calls) {
      for (const each of given as readonly Any[]) this.pass(each, number);
    }
    if (isTarget && parent.type === 'AssignmentExpression') this.pass(parent.right as Any, number);
    const isCalled = parent.tag === chain || parent.callee === chain;
    const isDropped = isTarget || parent.type === 'ExpressionStatement';
    if (!isDropped && !isCalled) this.put(chain, `got(${number},`);
  }

  /** What goes to where it can be reached by way of a shared variable. */
  private pass(given: Any, number: number): void {
    const value = given.type === 'SpreadElement' ? (given.argument as Any) : given;
    if (value.type === 'Literal' || /Function/.test(value.type)) return;
    this.put(value, `pass(${number},`);
  }

  /** The whole of `queue.items.push(1)`, of which `node` is the beginning. */
  private chainOf(node: Any): Any {
    let chain = node;
    for (;;) {
      const parent = this.parent(chain);
      const goesOn =
        parent.type === 'ChainExpression' ||
        (parent.type === 'MemberExpression' && parent.object === chain) ||
        (parent.type === 'CallExpression' && parent.callee === chain && chain !== node);
      if (!goesOn) return chain;
      chain = parent;
    }
  }

  private callsIn(chain: Any, node: Any): Any[] {
    const calls: Any[] = [];
    for (let at = node; at !== chain; ) {
      at = this.parent(at);
      if (at.type === 'CallExpression') calls.push(at);
    }
    return calls;
  }

  /** The method that is called on `node` itself, as text; `null` where it is not as simple as that. */
  private methodOf(node: Any): string {
    const member = this.parent(node);
    const call = this.parent(member);
    const isSimple = call.type === 'CallExpression' && call.callee === member && !member.computed;
    return JSON.stringify(isSimple ? nameOf(member.property) : null);
  }

  /** What a person calls it, as far as names go: `queue`, `this.jobs`, `this.jobs.push()`. */
  private placeOf(node: Any, chain: Any): string {
    let text = wordOf(node);
    for (let at = node; at !== chain; ) {
      const parent = this.parent(at);
      if (parent.type === 'CallExpression') return `${text}()`;
      if (parent.type === 'MemberExpression') {
        const { computed, property } = parent;
        if (computed === true || nameOf(property) === '') return text;
        text = `${text}.${nameOf(property)}`;
      }
      at = parent;
    }
    return text;
  }

  /** Is something assigned to `chain`, or deleted? */
  private isTarget(chain: Any): boolean {
    const parent = this.parent(chain);
    if (parent.type === 'UpdateExpression') return true;
    if (parent.type === 'UnaryExpression') return parent.operator === 'delete';
    if (parent.type === 'Property') return this.parent(parent).type === 'ObjectPattern';
    return parent.left === chain
      ? /^(Assignment|For)/.test(parent.type)
      : parent.type === 'ArrayPattern' || parent.type === 'RestElement';
  }

  /** By an operator, or by a call that writes it out. */
  private isOnlyLookedAt(node: Any): boolean {
    const parent = this.parent(node);
    const callee = parent.type === 'CallExpression' ? (parent.callee as Any) : null;
    if (callee?.type === 'MemberExpression') return readers.has(nameOf(callee.property));
    return parent.type === 'BinaryExpression' || parent.type === 'UnaryExpression';
  }

  /** `this` counts as the same thing everywhere in a class. */
  private classOf(node: Any): unknown {
    let at = node;
    while (at !== this.tree && at.type !== 'ClassBody') at = this.parent(at);
    return at;
  }

  private numberOf(shared: unknown): number {
    const number = this.numbers.get(shared) ?? this.numbers.size;
    this.numbers.set(shared, number);
    return this.first + number;
  }

  private parent(node: Any): Any {
    return this.parents.get(node) ?? this.tree;
  }

  private put(node: Node, call: string, key = ''): void {
    this.enclose(node, `${key}${name}.${call}`);
  }

  private enclose({ start, end }: Node, open: string): void {
    this.around.push({ start, end, open });
  }

  private putTogether(): { code: string; map: string } {
    const text = new MagicString(this.source);
    // What begins at the same place: from the outside in.
    this.around.sort((a, b) => a.start - b.start || b.end - a.end);
    for (const { start, end, open } of this.around)
      text.appendLeft(start, open).appendLeft(end, ')');
    return { code: text.toString(), map: text.generateMap({ hires: true }).toString() };
  }
}

const mapUrl = 'sourceMappingURL=data:application/json;base64,';

/** A source map that leads to where `source` came from, if it says so. */
function withMapOf(source: string, map: string): string {
  const at = source.lastIndexOf(mapUrl);
  if (at < 0) return map;
  const original = Buffer.from(source.slice(at + mapUrl.length), 'base64').toString();
  return remapping([map, original], () => null).toString();
}

/** Is it given a value after its first? */
const isChanged = ({ references }: Variable): boolean =>
  references.some((use) => use.isWrite() && use.init !== true);

/** Can more than one function see it, other than a function that stays what it is? */
function isShared(variable: Variable): boolean {
  const { references, scope } = variable;
  const [definition] = variable.defs;
  if (definition === undefined) return false;
  if (definition.type === 'ImportBinding') {
    return /^(\.|\/|file:)/.test(String(definition.parent.source.value));
  }
  if (definition.type === 'FunctionName' && !isChanged(variable)) return false;
  const home = scope.variableScope;
  return references.some(({ from }) => from.variableScope !== home);
}

/** A function hides what is bound to it. */
function checkTrackable({ type, property, computed }: Any): void {
  if (type === 'MemberExpression' && computed !== true && nameOf(property) === 'bind') {
    throw new NotTracked('bind() hands on what nobody sees');
  }
}

const isNode = (part: unknown): part is Any =>
  typeof (part as Partial<Node> | null)?.type === 'string';

/** A variable, or `this`. */
const wordOf = (node: Any): string => (node.type === 'ThisExpression' ? 'this' : nameOf(node));
const quoted = (node: Any): string => JSON.stringify(wordOf(node));

const nameOf = (identifier: unknown): string => (identifier as { name?: string }).name ?? '';

/** Modules have numbers of their own, the same ones wherever they are loaded. */
const firstNumber = (source: string): number =>
  2 ** 40 + createHash('sha256').update(source).digest().readUInt32LE() * 2 ** 12;
