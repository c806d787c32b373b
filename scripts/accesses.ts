/**
 * Makes copies of the kernel's sources that tell of each access to shared memory: every read and
 * write of a property, of an element, of what is in a container. test/support/accesses.ts listens.
 *
 * Left out is what cannot conflict: `readonly` fields of classes, what a constructor does to `this`,
 * methods, and members of modules. A read that becomes the callee of a call is one of the container
 * that the method belongs to.
 */
import { rmSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const listener = 'test/support/accesses.ts';
/** What is imported from the copies, with all that it imports. */
const entries = [
  'test/support/footprint_judge.ts',
  'src/scenario/concurrent.ts',
  'src/scenario/parse.ts',
];

const pathOf = (file: ts.SourceFile): string => relative(root, file.fileName).split(sep).join('/');
const isKernelCode = (file: ts.SourceFile): boolean =>
  /^src\/(kernel|net|syscalls)\//.test(pathOf(file)) && !pathOf(file).endsWith('/footprint.ts');

type Access = ts.PropertyAccessExpression | ts.ElementAccessExpression;
const isAccess = (node: ts.Node): node is Access =>
  ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);

function unwrap(node: ts.Expression): ts.Expression {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isNonNullExpression(inner)
  ) {
    inner = inner.expression;
  }
  return inner;
}

const isAssignment = (kind: ts.SyntaxKind): boolean =>
  kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
const isLogical = (kind: ts.SyntaxKind): boolean =>
  kind === ts.SyntaxKind.QuestionQuestionEqualsToken ||
  kind === ts.SyntaxKind.BarBarEqualsToken ||
  kind === ts.SyntaxKind.AmpersandAmpersandEqualsToken;

/** Nothing happens where the expression is evaluated once more. */
function isPlain(node: ts.Node): boolean {
  if (ts.isIdentifier(node) || ts.isLiteralExpression(node)) return true;
  return ts.isPropertyAccessExpression(node) && isPlain(node.expression);
}

/** Another context can run inside of the expression. */
function yields(node: ts.Node): boolean {
  if (ts.isYieldExpression(node)) return true;
  return (
    ts.forEachChild(node, (child) => (ts.isFunctionLike(child) ? false : yields(child))) === true
  );
}

class Instrumenter {
  private readonly checker: ts.TypeChecker;
  private readonly context: ts.TransformationContext;
  private readonly factory: ts.NodeFactory;
  private readonly file: ts.SourceFile;
  private readonly sites: string[] = [];
  private readonly functions: string[] = [];

  constructor(checker: ts.TypeChecker, context: ts.TransformationContext, file: ts.SourceFile) {
    this.checker = checker;
    this.context = context;
    this.factory = context.factory;
    this.file = file;
  }

  made(): ts.SourceFile {
    const { factory } = this;
    const statements = this.file.statements.map(
      (one) => ts.visitNode(one, this.visit) as ts.Statement,
    );
    const to = relative(dirname(pathOf(this.file)), listener.replace(/\.ts$/, '.js'));
    const clause = factory.createImportClause(undefined, factory.createIdentifier('$'), undefined);
    const sites = this.call('sites', [
      factory.createStringLiteral(pathOf(this.file)),
      factory.createArrayLiteralExpression(
        this.sites.map((one) => factory.createStringLiteral(one)),
      ),
    ]);
    return factory.updateSourceFile(this.file, [
      factory.createImportDeclaration(undefined, clause, factory.createStringLiteral(to)),
      factory.createVariableStatement(undefined, [
        factory.createVariableDeclaration('$s', undefined, undefined, sites),
      ]),
      ...statements,
    ]);
  }

  // ── what is told ───────────────────────────────────────────────────────────────────────────

  private call(name: string, args: readonly ts.Expression[]): ts.CallExpression {
    const { factory } = this;
    const callee = factory.createPropertyAccessExpression(factory.createIdentifier('$'), name);
    return factory.createCallExpression(callee, undefined, args);
  }

  /** The place of an access in the sources; `what` is accessed, as `class.property`. */
  private site(node: ts.Node, what: string): ts.Expression {
    const { line } = this.file.getLineAndCharacterOfPosition(node.getStart(this.file));
    this.sites.push(`${line + 1} ${this.functions.at(-1) ?? 'module'} ${what}`);
    return this.factory.createElementAccessExpression(
      this.factory.createIdentifier('$s'),
      this.sites.length - 1,
    );
  }

  private typeName(node: ts.Expression): string {
    const type = this.checker.getNonNullableType(this.checker.getTypeAtLocation(node));
    const one = type.isUnion() ? (type.types.find((part) => part.symbol) ?? type) : type;
    return (one.aliasSymbol ?? one.symbol)?.name ?? '?';
  }

  private siteOf(node: Access): ts.Expression {
    if (ts.isPropertyAccessExpression(node)) {
      return this.site(node, `${this.typeName(node.expression)}.${node.name.text}`);
    }
    const inner = unwrap(node.expression);
    const what = ts.isPropertyAccessExpression(inner)
      ? `${this.typeName(inner.expression)}.${inner.name.text}`
      : this.typeName(inner);
    return this.site(node, `${what}[]`);
  }

  private object(node: Access): ts.Expression {
    return ts.visitNode(node.expression, this.visit) as ts.Expression;
  }

  private key(node: Access): ts.Expression {
    return ts.isPropertyAccessExpression(node)
      ? this.factory.createStringLiteral(node.name.text)
      : (ts.visitNode(node.argumentExpression, this.visit) as ts.Expression);
  }

  private access(
    node: Access,
    object: ts.Expression,
    key: ts.Expression | undefined,
  ): ts.Expression {
    return ts.isPropertyAccessExpression(node)
      ? this.factory.createPropertyAccessExpression(object, node.name)
      : this.factory.createElementAccessExpression(object, key as ts.Expression);
  }

  // ── what cannot conflict ───────────────────────────────────────────────────────────────────

  private isUninteresting(node: Access): boolean {
    const inner = unwrap(node.expression);
    if (inner.kind === ts.SyntaxKind.SuperKeyword) return true;
    if (ts.isPropertyAccessExpression(node) && ts.isPrivateIdentifier(node.name)) return true;
    if (inner.kind === ts.SyntaxKind.ThisKeyword && this.isInConstructor(node)) return true;
    if (ts.isIdentifier(inner) && this.isModule(inner)) return true;
    const type = this.checker.getNonNullableType(this.checker.getTypeAtLocation(inner));
    const primitive =
      ts.TypeFlags.StringLike |
      ts.TypeFlags.NumberLike |
      ts.TypeFlags.BigIntLike |
      ts.TypeFlags.BooleanLike;
    return (type.flags & primitive) !== 0;
  }

  /** A module, a class, or something of the language: `Math`, `Object`. */
  private isModule(name: ts.Identifier): boolean {
    const symbol = this.checker.getSymbolAtLocation(name);
    if (symbol === undefined) return false;
    const target =
      symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
    if (target.flags & (ts.SymbolFlags.Module | ts.SymbolFlags.Class)) return true;
    return target.declarations?.every((one) => one.getSourceFile().isDeclarationFile) === true;
  }

  private isInConstructor(node: ts.Node): boolean {
    for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
      if (ts.isConstructorDeclaration(at) || ts.isPropertyDeclaration(at)) return true;
      if (ts.isFunctionLike(at) && !ts.isArrowFunction(at)) return false;
    }
    return false;
  }

  /** A field that nobody changes after the object was made; or code. */
  private isFixed(node: Access): boolean {
    if (!ts.isPropertyAccessExpression(node)) return false;
    const symbol = this.checker.getSymbolAtLocation(node.name);
    return symbol !== undefined && isFixedMember(symbol);
  }

  private readonly isContainer = (node: ts.Expression): boolean => {
    const type = this.checker.getNonNullableType(this.checker.getTypeAtLocation(node));
    const types = type.isUnion() ? type.types : [type];
    return types.some((one) =>
      /^(Array|ReadonlyArray|Map|Set|WeakMap|WeakSet|Denque|\w+Array|DataView)$/.test(
        one.symbol?.name ?? '',
      ),
    );
  };

  // ── the code ───────────────────────────────────────────────────────────────────────────────

  private readonly visit = (node: ts.Node): ts.Node => {
    if (ts.isTypeNode(node)) return node;
    if (ts.isFunctionLike(node)) return this.functionLike(node);
    if (ts.isCallExpression(node)) return this.called(node);
    if (isAccess(node)) return this.read(node);
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) {
      return this.assigned(node);
    }
    if (
      (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
      (node.operator === ts.SyntaxKind.PlusPlusToken ||
        node.operator === ts.SyntaxKind.MinusMinusToken)
    ) {
      return this.counted(node);
    }
    if (ts.isDeleteExpression(node) && isAccess(unwrap(node.expression))) {
      const access = unwrap(node.expression) as Access;
      const key = this.key(access);
      const object = this.call('w', [this.object(access), key, this.siteOf(access)]);
      return this.factory.createDeleteExpression(this.access(access, object, key));
    }
    if (ts.isVariableDeclaration(node)) return this.declared(node);
    if (ts.isForOfStatement(node)) return this.loop(node);
    if (ts.isSpreadElement(node)) {
      return this.factory.updateSpreadElement(node, this.whole(node.expression));
    }
    if (ts.isSpreadAssignment(node)) {
      return this.factory.updateSpreadAssignment(node, this.whole(node.expression));
    }
    return ts.visitEachChild(node, this.visit, this.context);
  };

  private functionLike(node: ts.SignatureDeclaration): ts.Node {
    this.functions.push(nameOf(node) ?? this.functions.at(-1) ?? 'module');
    const patterns: ts.Statement[] = [];
    const { factory } = this;
    const parameter = (one: ts.Node): ts.Node => {
      if (!ts.isParameter(one) || !ts.isObjectBindingPattern(one.name)) return this.visit(one);
      const name = factory.createUniqueName('p');
      const value = this.unpacked(one.name, name);
      patterns.push(
        factory.createVariableStatement(
          undefined,
          factory.createVariableDeclarationList(
            [
              factory.createVariableDeclaration(
                this.pattern(one.name),
                undefined,
                undefined,
                value,
              ),
            ],
            ts.NodeFlags.Let,
          ),
        ),
      );
      return factory.updateParameterDeclaration(
        one,
        one.modifiers,
        one.dotDotDotToken,
        name,
        one.questionToken,
        undefined,
        one.initializer && (ts.visitNode(one.initializer, this.visit) as ts.Expression),
      );
    };
    const visitor = (child: ts.Node): ts.Node => {
      if (ts.isParameter(child)) return parameter(child);
      const body = (node as { body?: ts.Node }).body;
      if (child !== body || patterns.length === 0) return this.visit(child);
      const visited = this.visit(child);
      if (ts.isBlock(child)) {
        return factory.createBlock([...patterns, ...(visited as ts.Block).statements], true);
      }
      return factory.createBlock(
        [...patterns, factory.createReturnStatement(visited as ts.Expression)],
        true,
      );
    };
    const made = ts.visitEachChild(node, visitor, this.context);
    this.functions.pop();
    return made;
  }

  private pattern(node: ts.BindingName): ts.BindingName {
    return ts.visitEachChild(node, this.visit, this.context) as ts.BindingName;
  }

  /** `value`, of which the properties of the pattern are read. */
  private unpacked(pattern: ts.BindingPattern, value: ts.Expression): ts.Expression {
    const { factory } = this;
    if (ts.isArrayBindingPattern(pattern)) return this.call('i', [value, this.site(pattern, '[]')]);
    const type = this.checker.getTypeAtLocation(pattern);
    const names: ts.Expression[] = [];
    for (const { name, propertyName, dotDotDotToken } of pattern.elements) {
      if (dotDotDotToken) throw new Error(`${this.file.fileName}: rest of a pattern`);
      const key = propertyName ?? name;
      if (!ts.isIdentifier(key)) throw new Error(`${this.file.fileName}: ${pattern.getText()}`);
      const symbol = type.getProperty(key.text);
      if (
        symbol === undefined ||
        !isFixedMember(symbol) ||
        this.isContainer(name as ts.Identifier)
      ) {
        names.push(factory.createStringLiteral(key.text));
      }
    }
    const what = this.typeNameOfPattern(pattern);
    return names.length === 0
      ? value
      : this.call('d', [
          value,
          factory.createArrayLiteralExpression(names),
          this.site(pattern, `${what}.`),
        ]);
  }

  private typeNameOfPattern(pattern: ts.BindingPattern): string {
    const { parent } = pattern;
    if ((ts.isVariableDeclaration(parent) || ts.isParameter(parent)) && parent.initializer) {
      return this.typeName(parent.initializer);
    }
    if (ts.isParameter(parent) && parent.type) {
      return this.checker.getTypeFromTypeNode(parent.type).symbol?.name ?? '?';
    }
    return '?';
  }

  private declared(node: ts.VariableDeclaration): ts.Node {
    if (!node.initializer || ts.isIdentifier(node.name)) {
      return ts.visitEachChild(node, this.visit, this.context);
    }
    const value = ts.visitNode(node.initializer, this.visit) as ts.Expression;
    return this.factory.updateVariableDeclaration(
      node,
      this.pattern(node.name),
      undefined,
      undefined,
      this.unpacked(node.name, value),
    );
  }

  private loop(node: ts.ForOfStatement): ts.Node {
    const { initializer } = node;
    if (!ts.isVariableDeclarationList(initializer)) throw new Error(`for of: ${node.getText()}`);
    const { name } = initializer.declarations[0] as ts.VariableDeclaration;
    const value = ts.visitNode(node.expression, this.visit) as ts.Expression;
    const args = [value, this.elementSite(node.expression)];
    if (ts.isObjectBindingPattern(name)) {
      const keys = name.elements.map((one) =>
        this.factory.createStringLiteral((one.propertyName ?? one.name).getText()),
      );
      args.push(
        this.factory.createArrayLiteralExpression(keys),
        this.site(node, `${this.typeNameOfElement(node)}.`),
      );
    }
    return this.factory.updateForOfStatement(
      node,
      undefined,
      initializer,
      this.call('f', args),
      ts.visitNode(node.statement, this.visit) as ts.Statement,
    );
  }

  private typeNameOfElement(node: ts.ForOfStatement): string {
    const type = this.checker.getTypeAtLocation(
      ((node.initializer as ts.VariableDeclarationList).declarations[0] as ts.VariableDeclaration)
        .name,
    );
    return type.symbol?.name ?? '?';
  }

  /** The place where the content of a container is accessed. */
  private elementSite(node: ts.Expression): ts.Expression {
    const inner = unwrap(node);
    const what = ts.isPropertyAccessExpression(inner)
      ? `${this.typeName(inner.expression)}.${inner.name.text}`
      : this.typeName(inner);
    return this.site(node, `${what}[]`);
  }

  private whole(node: ts.Expression): ts.Expression {
    const value = ts.visitNode(node, this.visit) as ts.Expression;
    return this.call('i', [value, this.elementSite(node)]);
  }

  private called(node: ts.CallExpression): ts.Node {
    const callee = unwrap(node.expression);
    const args = node.arguments.map((one) => ts.visitNode(one, this.visit) as ts.Expression);
    if (!isAccess(callee) || this.isUninteresting(callee)) {
      const made = isAccess(callee)
        ? ts.visitEachChild(callee, this.visit, this.context)
        : (ts.visitNode(node.expression, this.visit) as ts.Expression);
      return this.recall(node, made as ts.Expression, args);
    }
    const key = this.key(callee);
    const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : '';
    const parts: ts.Expression[] = [this.object(callee), key, this.memberSite(callee, name)];
    const first = node.arguments[0];
    if (first !== undefined && isPlain(first)) parts.push(first);
    const object = this.call('c', parts);
    const access = callee.questionDotToken
      ? ts.isPropertyAccessExpression(callee)
        ? this.factory.createPropertyAccessChain(object, callee.questionDotToken, callee.name)
        : this.factory.createElementAccessChain(object, callee.questionDotToken, key)
      : ts.isOptionalChain(callee)
        ? ts.isPropertyAccessExpression(callee)
          ? this.factory.createPropertyAccessChain(
              object,
              this.factory.createToken(ts.SyntaxKind.QuestionDotToken),
              callee.name,
            )
          : this.factory.createElementAccessChain(
              object,
              this.factory.createToken(ts.SyntaxKind.QuestionDotToken),
              key,
            )
        : this.access(callee, object, key);
    return this.recall(node, access, args);
  }

  private recall(node: ts.CallExpression, callee: ts.Expression, args: ts.Expression[]): ts.Node {
    return ts.isOptionalChain(node)
      ? this.factory.createCallChain(callee, node.questionDotToken, undefined, args)
      : this.factory.createCallExpression(callee, undefined, args);
  }

  private memberSite(callee: Access, name: string): ts.Expression {
    return this.isContainer(callee.expression)
      ? this.elementSite(callee.expression)
      : this.site(callee, `${this.typeName(callee.expression)}.${name}`);
  }

  private read(node: Access): ts.Node {
    if (this.isUninteresting(node) || (this.isFixed(node) && !this.isContainer(node))) {
      return ts.visitEachChild(node, this.visit, this.context);
    }
    const name = ts.isOptionalChain(node) ? 'ro' : 'r';
    return this.call(name, [this.object(node), this.key(node), this.siteOf(node)]);
  }

  private assigned(node: ts.BinaryExpression): ts.Node {
    const target = unwrap(node.left);
    if (ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target)) {
      if (/\./.test(target.getText(this.file))) throw new Error(`pattern: ${node.getText()}`);
    }
    if (!isAccess(target) || this.isUninteresting(target)) {
      return ts.visitEachChild(node, this.visit, this.context);
    }
    const { kind } = node.operatorToken;
    const value = ts.visitNode(node.right, this.visit) as ts.Expression;
    const site = this.siteOf(target);
    if (kind === ts.SyntaxKind.EqualsToken) {
      return this.call('a', [this.object(target), this.key(target), value, site]);
    }
    if (yields(node.right)) throw new Error(`${this.file.fileName}: ${node.getText()}`);
    const parts = [this.object(target), this.key(target)];
    if (isLogical(kind)) {
      const made = this.access(target, this.call('l', [...parts, site]), parts[1]);
      return this.factory.createBinaryExpression(made, node.operatorToken, value);
    }
    const plain = plainOperator.get(kind);
    if (plain === undefined) throw new Error(`${this.file.fileName}: ${node.getText()}`);
    return this.call('m', [
      ...parts,
      this.change((was) => this.factory.createBinaryExpression(was, plain, value)),
      site,
    ]);
  }

  /** `(was) => …`, what becomes of a property. */
  private change(made: (was: ts.Identifier) => ts.Expression): ts.Expression {
    const { factory } = this;
    const was = factory.createUniqueName('was');
    const parameter = factory.createParameterDeclaration(undefined, undefined, was);
    return factory.createArrowFunction(
      undefined,
      undefined,
      [parameter],
      undefined,
      undefined,
      factory.createParenthesizedExpression(made(was)),
    );
  }

  private counted(node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression): ts.Node {
    const target = unwrap(node.operand);
    if (!isAccess(target) || this.isUninteresting(target)) {
      return ts.visitEachChild(node, this.visit, this.context);
    }
    const up = node.operator === ts.SyntaxKind.PlusPlusToken;
    const change = this.change((was) =>
      this.factory.createBinaryExpression(
        was,
        up ? ts.SyntaxKind.PlusToken : ts.SyntaxKind.MinusToken,
        this.factory.createNumericLiteral(1),
      ),
    );
    const name = ts.isPrefixUnaryExpression(node) ? 'm' : 'mp';
    return this.call(name, [this.object(target), this.key(target), change, this.siteOf(target)]);
  }
}

const plainOperator: ReadonlyMap<ts.SyntaxKind, ts.BinaryOperator> = new Map([
  [ts.SyntaxKind.PlusEqualsToken, ts.SyntaxKind.PlusToken],
  [ts.SyntaxKind.MinusEqualsToken, ts.SyntaxKind.MinusToken],
  [ts.SyntaxKind.AsteriskEqualsToken, ts.SyntaxKind.AsteriskToken],
  [ts.SyntaxKind.BarEqualsToken, ts.SyntaxKind.BarToken],
  [ts.SyntaxKind.AmpersandEqualsToken, ts.SyntaxKind.AmpersandToken],
  [ts.SyntaxKind.CaretEqualsToken, ts.SyntaxKind.CaretToken],
  [ts.SyntaxKind.LessThanLessThanEqualsToken, ts.SyntaxKind.LessThanLessThanToken],
  [ts.SyntaxKind.GreaterThanGreaterThanEqualsToken, ts.SyntaxKind.GreaterThanGreaterThanToken],
  [
    ts.SyntaxKind.GreaterThanGreaterThanGreaterThanEqualsToken,
    ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken,
  ],
]);

function isFixedMember(symbol: ts.Symbol): boolean {
  const { declarations } = symbol;
  if (declarations === undefined || declarations.length === 0) return false;
  return declarations.every((one) => {
    if (ts.isMethodDeclaration(one) || ts.isMethodSignature(one) || ts.isAccessor(one)) return true;
    if (ts.isEnumMember(one)) return true;
    const inClass =
      ts.isPropertyDeclaration(one) || ts.isParameterPropertyDeclaration(one, one.parent);
    return (
      inClass &&
      (ts.getCombinedModifierFlags(one as ts.Declaration) & ts.ModifierFlags.Readonly) !== 0
    );
  });
}

function nameOf(node: ts.SignatureDeclaration): string | undefined {
  if (ts.isConstructorDeclaration(node)) return `new ${node.parent.name?.text}`;
  if (node.name) return node.name.getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent))
    return parent.name.getText();
  return undefined;
}

/** Writes the copies, and all that the judge needs beside them, to `outDir`. */
function build(outDir: string): number {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.build.json'),
    { outDir, declaration: false, isolatedDeclarations: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (error) => report([error]) },
  );
  if (config === undefined) return 1;
  rmSync(outDir, { recursive: true, force: true });
  const roots = [listener, ...entries].map((path) => join(root, path));
  const program = ts.createProgram(roots, config.options);
  const instrument: ts.TransformerFactory<ts.SourceFile> = (context) => (file) =>
    isKernelCode(file) ? new Instrumenter(program.getTypeChecker(), context, file).made() : file;
  const { diagnostics } = program.emit(undefined, undefined, undefined, false, {
    before: [instrument],
  });
  return report(diagnostics);
}

function report(diagnostics: readonly ts.Diagnostic[]): number {
  for (const { messageText } of diagnostics) {
    process.stderr.write(`${ts.flattenDiagnosticMessageText(messageText, '\n')}\n`);
  }
  return diagnostics.length;
}

process.exitCode = build(process.argv[2] ?? join(root, 'node_modules/.epollsim-accesses'));
