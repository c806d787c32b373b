/** What there is to be told of in a module: nodes of its source, and variables; see rewrite.ts. */
import type { Node } from 'acorn';
import type { Variable } from 'eslint-scope';

/** A node with whatever a node may have. */
export type Any = Node & Readonly<Record<string, unknown>>;

/** The module cannot be rewritten; the message says why. */
export class NotTracked extends Error {
  override readonly name: string = 'NotTracked';
}

/** Calls that only read from the memory they are given. */
export const readers: ReadonlySet<string> = new Set([
  'write',
  'pwrite64',
  'writev',
  'send',
  'sendto',
  'sendmsg',
]);

/** Is it given a value after its first? */
export const isChanged = ({ references }: Variable): boolean =>
  references.some((use) => use.isWrite() && use.init !== true);

/** Is it what a loop goes through? */
export const isGoneThrough = (node: Any, parent: Any): boolean =>
  parent.type === 'ForOfStatement' && parent.await !== true && parent.right === node;

/** A module that is rewritten, too, as far as its name says that. */
export const isOfProgram = (specifier: unknown): boolean =>
  /^(\.|\/|file:)/.test(String(specifier)) && !isCommonJs(specifier);

export const isCommonJs = (specifier: unknown): boolean =>
  /^[./].*\.c[jt]s$/.test(String(specifier));

/** Can more than one function see it, other than a function that stays what it is? */
export function isShared(variable: Variable | null): boolean {
  if (variable === null) return false;
  const { references, scope } = variable;
  const [definition] = variable.defs;
  if (definition === undefined) return false;
  if (definition.type === 'ImportBinding') return isOfProgram(definition.parent.source.value);
  if (definition.type === 'FunctionName' && !isChanged(variable)) return false;
  const home = scope.variableScope;
  return references.some(({ from }) => from.variableScope !== home);
}

/** Does one function alone see it, other than what it calls itself? */
export function isLocal({ defs: [definition], name: called, references }: Variable): boolean {
  if (definition === undefined) {
    if (called === 'arguments' && references.length > 0) {
      throw new NotTracked('arguments hands on what nobody sees');
    }
    return false;
  }
  return /^(Variable|Parameter|CatchClause)$/.test(definition.type);
}

/** A function hides what is bound to it, and a module of another kind all that it does. */
export function checkTrackable({ type, property, computed, source }: Any, around: Any): void {
  const isCall = /^(Yield|Await)Expression$/.test(around.type); // bind(2), as `yield* sys.bind(fd, address)`.
  if (type === 'MemberExpression' && computed !== true && nameOf(property) === 'bind' && !isCall) {
    throw new NotTracked('bind() hands on what nobody sees');
  }
  if (!/^(Import|Export)/.test(type) || !isNode(source)) return;
  const { value } = source as Any;
  if (isCommonJs(value)) throw new NotTracked(`${value} is a CommonJS module`);
}

/** Objects that all modules have without importing them, and that a program may keep its own things in. */
export const everywhere: ReadonlySet<string> = new Set(['globalThis', 'global', 'self', 'window']);
/** What runs code, or stands for an object, so that nobody sees what is touched. */
export const veils: ReadonlySet<string> = new Set(['eval', 'Function', 'Proxy']);

export const isNode = (part: unknown): part is Any =>
  typeof (part as Partial<Node> | null)?.type === 'string';

/** A variable, or `this`. */
export const wordOf = (node: Any): string =>
  node.type === 'ThisExpression' ? 'this' : nameOf(node);
export const quoted = (node: Any): string => JSON.stringify(wordOf(node));

export const nameOf = (identifier: unknown): string => (identifier as { name?: string }).name ?? '';
