/** What a function can throw, by the `throw` in it and in the functions that it calls by name. */
import { relative, sep } from 'node:path';
import ts from 'typescript';
import { root } from './tidy.ts';

/** The name of the class of an error, and where it is thrown: `src/x.ts:3`. */
export type Thrown = ReadonlyMap<string, string>;

export class Throws {
  private readonly checker: ts.TypeChecker;
  private readonly known: Map<ts.Node, Map<string, string>> = new Map();

  constructor(checker: ts.TypeChecker) {
    this.checker = checker;
  }

  /**
   * Follows calls whose function is known, in sources; not those of an interface, nor what a caller
   * hands over. What a `catch` keeps is not thrown, as far as that can be told: a class that it asks
   * for by `instanceof` is taken to be kept.
   */
  of(called: ts.Node): Thrown {
    const known = this.known.get(called);
    if (known !== undefined) return known;
    const thrown = new Map<string, string>();
    this.known.set(called, thrown);
    const { body } = called as { body?: ts.Node };
    if (body !== undefined) this.visit(body, thrown);
    return thrown;
  }

  private visit(node: ts.Node, thrown: Map<string, string>): void {
    if (ts.isTryStatement(node) && node.catchClause) {
      this.visitTry(node, node.catchClause, thrown);
      return;
    }
    if (ts.isThrowStatement(node)) this.note(node, thrown);
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) this.follow(node, thrown);
    ts.forEachChild(node, (child) => this.visit(child, thrown));
  }

  /** All that is thrown inside is kept, unless the clause throws; then what it asks for is kept. */
  private visitTry(
    node: ts.TryStatement,
    clause: ts.CatchClause,
    thrown: Map<string, string>,
  ): void {
    const inside = new Map<string, string>();
    this.visit(node.tryBlock, inside);
    const kept = keptBy(clause);
    for (const [name, at] of inside) if (kept !== 'all' && !kept.has(name)) thrown.set(name, at);
    this.visit(clause.block, thrown);
    if (node.finallyBlock) this.visit(node.finallyBlock, thrown);
  }

  /** What is thrown again, as it was caught, has no class of its own. */
  private note({ expression }: ts.ThrowStatement, thrown: Map<string, string>): void {
    const type = this.checker.getTypeAtLocation(expression);
    for (const part of type.isUnion() ? type.types : [type]) {
      const name = part.symbol?.name;
      if (name === undefined || !part.getProperty('message') || thrown.has(name)) continue;
      thrown.set(name, placeOf(expression));
    }
  }

  private follow(call: ts.CallExpression | ts.NewExpression, thrown: Map<string, string>): void {
    const declaration = this.checker.getResolvedSignature(call)?.declaration;
    if (declaration === undefined || declaration.getSourceFile().isDeclarationFile) return;
    for (const [name, at] of this.of(declaration)) if (!thrown.has(name)) thrown.set(name, at);
  }
}

/** The classes that a clause asks for by `instanceof`; all where it throws nothing. */
function keptBy(clause: ts.CatchClause): ReadonlySet<string> | 'all' {
  let throws = false;
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isThrowStatement(node)) throws = true;
    const { InstanceOfKeyword } = ts.SyntaxKind;
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === InstanceOfKeyword)
      names.add(node.right.getText());
    ts.forEachChild(node, visit);
  };
  visit(clause.block);
  return throws ? names : 'all';
}

function placeOf(node: ts.Node): string {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${relative(root, file.fileName).split(sep).join('/')}:${line + 1}`;
}
