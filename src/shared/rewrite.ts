/**
 * Rewrites a module so that it tells of every touch of what its threads may share; see ../sim/told.ts.
 *
 * Shared can only be what more than one function sees: variables that an inner function uses, and
 * `this`. Each place where one is used gets a call around it, on the same line:
 *
 *     served++              →  told.wrote(7,"served",served++)
 *     queue.push(request)   →  told.use(8,"queue","push",queue).push(told.pass(8,request))
 *
 * An object that one of them leads to may have another name, which one function alone sees. Where such
 * a name is used, it is the object that says whether that matters:
 *
 *     mine.push(request)    →  told.reach("mine","push",mine).push(told.into(mine,request))
 *
 * Invariants: the module does what it did; what cannot be rewritten so is refused, and the checker
 * then takes it that threads share all they can.
 */
import { createHash } from 'node:crypto';
import remapping from '@jridgewell/remapping';
import { type Node, parse } from 'acorn';
import { analyze, type Reference, type Variable } from 'eslint-scope';
import MagicString from 'magic-string';
import { ofLocal, ofShared, type Telling } from './telling.ts';
import {
  type Any,
  checkTrackable,
  everywhere,
  isChanged,
  isGoneThrough,
  isLocal,
  isNode,
  isOfProgram,
  isShared,
  NotTracked,
  nameOf,
  quoted,
  readers,
  veils,
  wordOf,
} from './trackable.ts';

/** A place of the source, and what is put in front of it and behind it. */
interface Around extends Pick<Node, 'start' | 'end'> {
  readonly open: string;
  readonly close: string;
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

class Rewriting {
  private readonly source: string;
  private readonly tree: Any;
  private readonly first: number;
  private readonly parents: Map<Any, Any> = new Map();
  private readonly around: Around[] = [];
  /** What is inserted, where nothing is put around it. */
  private readonly between: { readonly at: number; readonly text: string }[] = [];
  /** By where they are used. */
  private readonly variables: Map<Any, Variable> = new Map();
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
    const homes = new Map<Any, number>();
    for (const node of this.nodes()) if (node.type === 'ThisExpression') uses.push(node);
    const options = { ecmaVersion: 2022, sourceType: 'module' } as const;
    const { globalScope, scopes } = analyze(this.tree as never, options);
    for (const { identifier } of globalScope?.through ?? []) {
      this.checkGlobal(identifier as unknown as Any);
    }
    for (const { references } of scopes) {
      for (const { identifier, resolved } of references) {
        if (resolved !== null) this.variables.set(identifier as unknown as Any, resolved);
      }
    }
    for (const { variables } of scopes) for (const variable of variables) this.tell(variable);
    for (const use of uses) {
      const number = this.numberOf(this.classOf(use));
      this.aroundRead(use, ofShared(use, number, false));
      const home = this.homeOf(use);
      if (home !== null) homes.set(home, number);
    }
    for (const [home, number] of homes) this.givenThis(home, number);
    return this.putTogether();
  }

  /** All of them, from the outside in; notes whose parts they are. */
  private nodes(): Any[] {
    const nodes = [this.tree];
    for (const node of nodes) {
      checkTrackable(node, this.parent(this.parent(node)));
      for (const part of Object.values(node).flat()) {
        if (!isNode(part)) continue;
        this.parents.set(part, node);
        nodes.push(part);
      }
    }
    return nodes;
  }

  /** A name that no module has made. */
  private checkGlobal(node: Any): void {
    const word = nameOf(node);
    const chain = this.chainOf(node);
    const parent = this.parent(chain);
    const isCalled = parent.callee === chain && chain === node;
    if (veils.has(word) && isCalled) throw new NotTracked(`${word}() hides what is touched`);
    const isHandedOn = everywhere.has(word) && chain === node && parent.operator !== 'typeof';
    if (isHandedOn || this.isTarget(chain)) {
      throw new NotTracked(`${this.placeOf(node, chain)} is touched, which no module has made`);
    }
  }

  private tell(variable: Variable): void {
    if (isShared(variable)) this.tellShared(variable);
    else if (isLocal(variable)) for (const use of variable.references) this.tellLocal(use);
  }

  private tellShared(variable: Variable): void {
    const number = this.numberOf(variable);
    const changes = isChanged(variable);
    for (const { name: identifier, node, type } of variable.defs) {
      if (type === 'Variable' || type === 'Parameter') {
        this.given(identifier as unknown as Any, node as unknown as Any, number);
      }
    }
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
      this.aroundRead(node, ofShared(node, number, changes));
    }
  }

  private tellLocal(reference: Reference): void {
    const node = reference.identifier as unknown as Any;
    if (reference.isWrite() || this.parent(node).type === 'ExportSpecifier') return;
    this.aroundRead(node, ofLocal(node));
  }

  /** Behind where the variable has got its first value: in a declaration, a loop, or a function's head. */
  private given(identifier: Any, binder: Any, number: number): void {
    const call = `${name}.given(${number},${nameOf(identifier)})`;
    const head = binder.type === 'VariableDeclarator' ? this.parent(binder) : binder;
    const owner = this.parent(head);
    const isLoop = /^For/.test(owner.type) && owner.body !== head;
    if (head.type === 'VariableDeclaration' && !isLoop) {
      if (/^(If|While|DoWhile|For|Labeled)/.test(owner.type)) {
        throw new NotTracked(`"${nameOf(identifier)}" is declared where a block is expected`);
      }
      const isExported = owner.type === 'ExportNamedDeclaration';
      this.insert((isExported ? owner : head).end, `;${call};`);
      return;
    }
    const body = (head.type === 'VariableDeclaration' ? owner.body : binder.body) as Any;
    if (body.type === 'BlockStatement') this.insert(body.start + 1, `${call};`);
    else if (isLoop) this.surround(body, `{${call};`, '}');
    else this.surround(body, `(${call},`, ')');
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

  private aroundRead(node: Any, words: Telling): void {
    const chain = this.chainOf(node);
    const parent = this.parent(chain);
    // "new" would take the first call for its own.
    if (parent.type === 'NewExpression' && parent.callee === chain) this.enclose(chain, '(');
    if (isGoneThrough(chain, parent)) {
      this.put(chain, `each(${JSON.stringify(this.placeOf(node, chain))},`);
    }
    if (chain === node) {
      const key = parent.type === 'Property' && parent.shorthand ? `${nameOf(node)}:` : '';
      const how = this.isOnlyLookedAt(node) ? 'lend' : this.staysSeen(node) ? 'lead' : 'alias';
      this.put(node, words[how], key);
      return;
    }
    const isTarget = this.isTarget(chain);
    const calls = this.callsIn(chain, node);
    const uses = isTarget || calls.length > 0;
    const place = JSON.stringify(this.placeOf(node, chain));
    this.put(node, uses ? words.use(place, this.methodOf(node)) : words.look(place));
    for (const { arguments: given } of calls) {
      for (const each of given as readonly Any[]) this.pass(each, words);
    }
    if (isTarget && parent.type === 'AssignmentExpression') this.pass(parent.right as Any, words);
    const isCalled = parent.tag === chain || parent.callee === chain;
    // What is delegated to tells of itself.
    const isDropped = isTarget || /^Expression|^Yield|^Await/.test(parent.type);
    if (!isDropped && !isCalled) this.put(chain, this.staysSeen(chain) ? words.found : words.got);
  }

  /** Does the value get a name, the uses of which are told of? */
  private staysSeen(node: Any): boolean {
    const parent = this.parent(node);
    switch (parent.type) {
      case 'VariableDeclarator':
        return true;
      case 'ForOfStatement':
        return isGoneThrough(node, parent);
      case 'AssignmentExpression':
        return parent.right === node && parent.operator === '=' && this.isPlain(parent.left as Any);
      case 'CallExpression':
      case 'NewExpression':
        return parent.callee !== node && this.isRewritten(parent.callee as Any);
      default:
        return false;
    }
  }

  private isPlain(node: Any): boolean {
    return node.type === 'Identifier' && !isShared(this.variables.get(node) ?? null);
  }

  /** Is it a function of this module, or of another one of the program? */
  private isRewritten(callee: Any): boolean {
    const variable = this.variables.get(callee);
    const [definition] = variable?.defs ?? [];
    if (variable === undefined || definition === undefined || isChanged(variable)) return false;
    if (definition.type === 'ImportBinding') return isOfProgram(definition.parent.source.value);
    if (definition.type === 'FunctionName' || definition.type === 'ClassName') return true;
    const init = definition.type === 'Variable' ? (definition.node.init as unknown) : null;
    return isNode(init) && /Function/.test(init.type);
  }

  /** What goes to where it can be reached by way of a shared variable. */
  private pass(given: Any, words: Telling): void {
    const value = given.type === 'SpreadElement' ? (given.argument as Any) : given;
    if (value.type === 'Literal' || /Function/.test(value.type)) return;
    this.put(value, words.pass);
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

  /** By an operator, by a call that writes it out, or taken apart on the spot. */
  private isOnlyLookedAt(node: Any): boolean {
    const parent = this.parent(node);
    if (parent.type === 'VariableDeclarator') return (parent.id as Any).type !== 'Identifier';
    const callee = parent.type === 'CallExpression' ? (parent.callee as Any) : null;
    if (callee?.type === 'MemberExpression') return readers.has(nameOf(callee.property));
    return parent.type === 'BinaryExpression' || parent.type === 'UnaryExpression';
  }

  /** What an inner function has the `this` of: a function, or a field; null where none has. */
  private homeOf(use: Any): Any | null {
    let isInner = false;
    for (let at = use; at !== this.tree; at = this.parent(at)) {
      if (at.type === 'ArrowFunctionExpression') isInner = true;
      else if (/^Function|^PropertyDefinition$/.test(at.type)) return isInner ? at : null;
    }
    return null;
  }

  /** An object whose function hands its `this` to an inner one, as a variable is given. */
  private givenThis(home: Any, number: number): void {
    const call = `${name}.given(${number},this)`;
    if (home.type === 'PropertyDefinition') this.surround(home.value as Any, `(${call},`, ')');
    else if (!this.isBehindSuper(home)) this.insert((home.body as Any).start + 1, `${call};`);
    else throw new NotTracked('"this" of a constructor with super() goes to an inner function');
  }

  private isBehindSuper(home: Any): boolean {
    const method = this.parent(home);
    const isOfClass = method.type === 'MethodDefinition' && method.kind === 'constructor';
    return isOfClass && isNode(this.parent(this.parent(method)).superClass);
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
    if (call !== '') this.enclose(node, `${key}${name}.${call}`);
  }

  private enclose(node: Node, open: string): void {
    this.surround(node, open, ')');
  }

  private surround({ start, end }: Node, open: string, close: string): void {
    this.around.push({ start, end, open, close });
  }

  private insert(at: number, text: string): void {
    this.between.push({ at, text });
  }

  private putTogether(): { code: string; map: string } {
    const text = new MagicString(this.source);
    // From the outside in; what ends at a place comes before what begins there.
    this.around.sort((a, b) => a.start - b.start || b.end - a.end);
    for (const { end, close } of [...this.around].reverse()) text.appendLeft(end, close);
    for (const { at, text: inserted } of this.between) text.appendLeft(at, inserted);
    for (const { start, open } of this.around) text.appendLeft(start, open);
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

/** Modules have numbers of their own, the same ones wherever they are loaded. */
const firstNumber = (source: string): number =>
  2 ** 40 + createHash('sha256').update(source).digest().readUInt32LE() * 2 ** 12;
