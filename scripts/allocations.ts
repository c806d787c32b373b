/**
 * Makes a copy of dist/ that counts what it allocates: each `new`, each array, object and closure, and
 * each generator. test/allocations.test.ts asks it.
 *
 * Counted is what the code says; an engine may do without some of it. What stands at the top level of
 * a module is made once and left out. A program that is counted calls `globalThis.$allocates(what)`.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyNode, type Node, parse } from 'acorn';
import MagicString from 'magic-string';

const [dist = 'dist', copy = ''] = process.argv.slice(2);

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

function* childrenOf(node: Node): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) for (const one of value) if (isNode(one)) yield one;
  }
}

/** Where a function stands that is no value of its own, but a member. */
const isMember = ({ type }: AnyNode): boolean =>
  type === 'MethodDefinition' || type === 'Property' || type === 'PropertyDefinition';

class Counter {
  private readonly text: string;
  private readonly made: MagicString;

  constructor(text: string) {
    this.text = text;
    this.made = new MagicString(text);
  }

  counted(): string {
    const program = parse(this.text, { ecmaVersion: 'latest', sourceType: 'module' });
    for (const child of childrenOf(program)) this.visit(child, program as AnyNode, null);
    return this.made.toString();
  }

  /** `fn`: the function around the node; null at the top level. */
  private visit(node: AnyNode, parent: AnyNode, fn: string | null): void {
    const what = fn === null ? null : this.allocated(node, parent);
    if (what !== null) {
      this.made.appendLeft(node.start, `(globalThis.$allocates(${JSON.stringify(what)}),`);
      this.made.prependRight(node.end, ')');
    }
    const inside = this.nameOf(node, parent) ?? fn;
    if ('generator' in node && node.generator && node.body !== null) {
      const tell = `globalThis.$allocates(${JSON.stringify(`function* ${inside}`)});`;
      this.made.appendRight(node.body.start + 1, tell);
    }
    for (const child of childrenOf(node)) this.visit(child, node, inside);
  }

  /** What is made where the node is evaluated; null for nothing. */
  private allocated(node: AnyNode, parent: AnyNode): string | null {
    switch (node.type) {
      case 'NewExpression':
        return `new ${this.text.slice(node.callee.start, node.callee.end)}`;
      case 'ArrayExpression':
        return '[]';
      case 'ObjectExpression':
        return '{}';
      case 'ArrowFunctionExpression':
        return '=>';
      case 'FunctionExpression':
        return isMember(parent) ? null : 'function';
      default:
        return null;
    }
  }

  private nameOf(node: AnyNode, parent: AnyNode): string | null {
    if (node.type === 'FunctionDeclaration') return node.id?.name ?? 'default';
    if (node.type !== 'FunctionExpression' && node.type !== 'ArrowFunctionExpression') return null;
    const { start, end } =
      'key' in parent ? parent.key : 'id' in parent && parent.id ? parent.id : node;
    return end - start < 40 ? this.text.slice(start, end) : 'anonymous';
  }
}

cpSync(dist, copy, { recursive: true });
for (const file of readdirSync(copy, { recursive: true, encoding: 'utf8' })) {
  if (!/src[\\/].*\.js$/.test(file) || /src[\\/]cli[\\/]/.test(file)) continue;
  const path = join(copy, file);
  writeFileSync(path, new Counter(readFileSync(path, 'utf8')).counted());
}
