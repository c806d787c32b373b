/**
 * Makes the straight twins of kernel code: what a generator would do, as a plain function.
 *
 * Every function that returns `Kernel<T>` gets a twin `…$now` that returns the `T`: `yield op`
 * carries the operation out on the spot, `yield*` calls the twin. A call that cannot sleep, made by
 * the only task of a machine, runs through the twins and pays nothing for generators.
 *
 * How a callee's twin is found, by what the callee is:
 *   a function of a module, a method, a member of an interface    its name with `$now`
 *   anything else that holds a function                           the function's property `now`
 * so object literals get both members, and function values get the property.
 *
 * A function that only makes an operation, `yield spin_lock(lock)`, has a twin that carries it out,
 * `spin_lock$now(lock)`: written by hand where it stands beside the function, else made from it.
 */
import ts from 'typescript';

export const suffix = '$now';
/** Exported by src/kernel/execute.ts, for the code that is made here. */
export const helpers: readonly string[] = ['atOnce', 'now'];

const isGenerator = (type: ts.Type): boolean =>
  type.isUnion() ? type.types.some(isGenerator) : type.symbol?.name === 'Generator';

type FunctionLike =
  | ts.FunctionDeclaration
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.FunctionExpression;

const isFunctionLike = (node: ts.Node): node is FunctionLike =>
  ts.isFunctionDeclaration(node) ||
  ts.isArrowFunction(node) ||
  ts.isMethodDeclaration(node) ||
  ts.isFunctionExpression(node);

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

/** Does the statement do nothing in a straight call? Nobody listens there: syscall() has made sure. */
function isIdle(node: ts.Statement): boolean {
  if (!ts.isExpressionStatement(node) || !ts.isCallExpression(node.expression)) return false;
  const callee = node.expression.expression;
  return ts.isIdentifier(callee) && ['__fentry__', 'traceFact', 'traceNote'].includes(callee.text);
}

/** Rewrites the files of one program. */
export class Straightener {
  private readonly checker: ts.TypeChecker;
  private readonly context: ts.TransformationContext;
  private readonly factory: ts.NodeFactory;
  private readonly isKernelCode: (file: ts.SourceFile) => boolean;
  /** Does what was made so far call any of them? */
  needsHelpers = false;

  constructor(
    program: ts.Program,
    context: ts.TransformationContext,
    isKernelCode: (file: ts.SourceFile) => boolean,
  ) {
    this.checker = program.getTypeChecker();
    this.context = context;
    this.factory = context.factory;
    this.isKernelCode = isKernelCode;
  }

  /** The file with twins behind its statements. */
  file(file: ts.SourceFile): ts.SourceFile {
    const statements = file.statements.flatMap((statement) => this.statement(statement));
    return this.factory.updateSourceFile(file, statements);
  }

  private statement(statement: ts.Statement): ts.Statement[] {
    const rewritten = ts.visitNode(statement, this.announcing) as ts.Statement;
    if (ts.isImportDeclaration(statement)) return [rewritten, ...this.importTwins(statement)];
    if (ts.isExportDeclaration(statement)) return [rewritten, ...this.exportTwins(statement)];
    if (
      ts.isFunctionDeclaration(statement) &&
      statement.name &&
      statement.body &&
      this.isKernel(statement)
    ) {
      return [rewritten, this.twinFunction(statement, statement.name), this.attach(statement.name)];
    }
    if (ts.isVariableStatement(statement)) return [rewritten, ...this.twinConstants(statement)];
    return [rewritten];
  }

  private isKernel(node: FunctionLike): boolean {
    const signature = this.checker.getSignatureFromDeclaration(node);
    return signature !== undefined && isGenerator(signature.getReturnType());
  }

  // ── names ──────────────────────────────────────────────────────────────────────────────────

  private helper(name: 'atOnce' | 'now'): ts.Identifier {
    this.needsHelpers = true;
    return this.factory.createIdentifier(name);
  }

  private twinName(name: ts.Identifier): ts.Identifier {
    return this.factory.createIdentifier(name.text + suffix);
  }

  /** Does the identifier stand for a function of some module of kernel code? */
  private isModuleFunction(name: ts.Identifier): boolean {
    let symbol = this.checker.getSymbolAtLocation(name);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias)
      symbol = this.checker.getAliasedSymbol(symbol);
    const declaration = symbol?.valueDeclaration;
    if (declaration === undefined || !this.isKernelCode(declaration.getSourceFile())) return false;
    const value = ts.isVariableDeclaration(declaration) ? declaration.initializer : declaration;
    const atTop = ts.isVariableDeclaration(declaration)
      ? ts.isSourceFile(declaration.parent.parent.parent)
      : ts.isSourceFile(declaration.parent);
    if (!atTop || value === undefined) return false;
    if (isFunctionLike(value) && (this.isKernel(value) || this.isAnnouncer(value))) return true;
    return this.hasTwinByHand(declaration.getSourceFile(), symbol?.name ?? '');
  }

  /** Is it a function that only says which operation is to be announced? */
  private isAnnouncer(node: ts.Node): node is ts.ArrowFunction {
    if (!ts.isArrowFunction(node) || ts.isBlock(node.body)) return false;
    return this.checker.getSignatureFromDeclaration(node)?.getReturnType().symbol?.name === 'Op';
  }

  private hasTwinByHand(file: ts.SourceFile, name: string): boolean {
    const module = this.checker.getSymbolAtLocation(file);
    const twin = module && this.checker.tryGetMemberInModuleExports(name + suffix, module);
    return twin !== undefined;
  }

  /** Carries out the operation that the expression, which is straight already, stands for. */
  private carriedOut(op: ts.Expression): ts.Expression {
    const { factory } = this;
    const inner = unwrap(op);
    if (ts.isConditionalExpression(inner)) {
      return factory.createParenthesizedExpression(
        factory.createConditionalExpression(
          ts.visitNode(inner.condition, this.straight) as ts.Expression,
          undefined,
          this.carriedOut(inner.whenTrue),
          undefined,
          this.carriedOut(inner.whenFalse),
        ),
      );
    }
    if (
      ts.isCallExpression(inner) &&
      ts.isIdentifier(inner.expression) &&
      this.isModuleFunction(inner.expression)
    ) {
      const args = inner.arguments.map((arg) => ts.visitNode(arg, this.straight) as ts.Expression);
      return factory.createCallExpression(this.twinName(inner.expression), undefined, args);
    }
    const value = ts.visitNode(op, this.straight) as ts.Expression;
    return factory.createCallExpression(this.helper('now'), undefined, [value]);
  }

  /** Is the member declared where object literals and classes carry twins beside it? */
  private hasTwinMember(access: ts.PropertyAccessExpression): boolean {
    const symbol = this.checker.getSymbolAtLocation(access.name);
    const target =
      symbol && symbol.flags & ts.SymbolFlags.Alias
        ? this.checker.getAliasedSymbol(symbol)
        : symbol;
    const declaration = target?.declarations?.[0];
    return declaration !== undefined && !ts.isPropertyDeclaration(declaration);
  }

  /** An expression that stands for the twin of what `callee` stands for. */
  private twinOf(callee: ts.Expression): ts.Expression {
    const inner = unwrap(callee);
    if (ts.isIdentifier(inner) && this.isModuleFunction(inner)) return this.twinName(inner);
    if (ts.isPropertyAccessExpression(inner) && this.hasTwinMember(inner)) {
      const object = ts.visitNode(inner.expression, this.straight) as ts.Expression;
      const name = this.factory.createIdentifier(inner.name.text + suffix);
      return ts.isPropertyAccessChain(inner)
        ? this.factory.createPropertyAccessChain(object, inner.questionDotToken, name)
        : this.factory.createPropertyAccessExpression(object, name);
    }
    const value = ts.visitNode(inner, this.straight) as ts.Expression;
    return this.factory.createPropertyAccessExpression(
      ts.isIdentifier(value) ? value : this.factory.createParenthesizedExpression(value),
      'now',
    );
  }

  // ── code that announces its operations, with function values that carry their twins ──────────

  private readonly announcing = (node: ts.Node): ts.Node => {
    if (ts.isYieldExpression(node) && !node.asteriskToken && node.expression) {
      const op = ts.visitNode(node.expression, this.announcing) as ts.Expression;
      const done = this.factory.createCallExpression(this.helper('atOnce'), undefined, [op]);
      const announced = this.factory.updateYieldExpression(node, undefined, op);
      return this.factory.createParenthesizedExpression(
        this.factory.createLogicalOr(done, announced),
      );
    }
    return (
      this.common(node, this.announcing) ?? ts.visitEachChild(node, this.announcing, this.context)
    );
  };

  // ── code that carries them out ───────────────────────────────────────────────────────────────

  private readonly straight = (node: ts.Node): ts.Node => {
    if (ts.isStatement(node) && isIdle(node)) return this.factory.createEmptyStatement();
    if (ts.isYieldExpression(node) && node.expression) {
      if (!node.asteriskToken) return this.carriedOut(node.expression);
      const value = ts.visitNode(node.expression, this.straight) as ts.Expression;
      return this.factory.createParenthesizedExpression(value);
    }
    if (ts.isCallExpression(node) && isGenerator(this.checker.getTypeAtLocation(node))) {
      const args = node.arguments.map((arg) => ts.visitNode(arg, this.straight) as ts.Expression);
      const callee = this.twinOf(node.expression);
      return ts.isCallChain(node)
        ? this.factory.createCallChain(callee, node.questionDotToken, undefined, args)
        : this.factory.createCallExpression(callee, undefined, args);
    }
    return this.common(node, this.straight) ?? ts.visitEachChild(node, this.straight, this.context);
  };

  /** What both kinds of code do with definitions of functions; undefined for all other nodes. */
  private common(node: ts.Node, visit: (node: ts.Node) => ts.Node): ts.Node | undefined {
    if (
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'syscall'
    ) {
      return this.systemCall(node);
    }
    if (ts.isObjectLiteralExpression(node)) {
      const properties = node.properties.flatMap((property) => this.members(property, visit));
      return this.factory.updateObjectLiteralExpression(node, properties);
    }
    if (ts.isClassDeclaration(node)) {
      const members = node.members.flatMap((member) => this.classMembers(member, visit));
      return this.factory.updateClassDeclaration(
        node,
        node.modifiers,
        node.name,
        node.typeParameters,
        node.heritageClauses,
        members,
      );
    }
    if (ts.isArrowFunction(node) && !this.isTop(node) && this.isKernel(node)) {
      const own = ts.visitEachChild(node, this.announcing, this.context);
      const pair = this.factory.createObjectLiteralExpression([
        this.factory.createPropertyAssignment('now', this.twinArrow(node)),
      ]);
      const assign = this.factory.createPropertyAccessExpression(
        this.factory.createIdentifier('Object'),
        'assign',
      );
      return this.factory.createCallExpression(assign, undefined, [
        this.factory.createParenthesizedExpression(own),
        pair,
      ]);
    }
    return undefined;
  }

  /** `syscall(name, args, body, calledAs?)` gets the twin of its body: no call has to make a pair. */
  private systemCall(node: ts.CallExpression): ts.Node {
    const [name, args, body, calledAs] = node.arguments;
    if (!name || !args || !body || !ts.isArrowFunction(body)) return node;
    return this.factory.createCallExpression(node.expression, undefined, [
      name,
      ts.visitNode(args, this.announcing) as ts.Expression,
      ts.visitEachChild(body, this.announcing, this.context),
      calledAs ?? this.factory.createIdentifier('undefined'),
      this.twinArrow(body),
    ]);
  }

  private isTop(node: ts.ArrowFunction): boolean {
    return (
      ts.isVariableDeclaration(node.parent) && ts.isSourceFile(node.parent.parent.parent.parent)
    );
  }

  private members(
    property: ts.ObjectLiteralElementLike,
    visit: (node: ts.Node) => ts.Node,
  ): ts.ObjectLiteralElementLike[] {
    const { factory } = this;
    if (ts.isMethodDeclaration(property) && this.isKernel(property)) {
      return [
        ts.visitEachChild(property, this.announcing, this.context),
        this.twinMethod(property),
      ];
    }
    const own = ts.visitEachChild(property, visit, this.context) as ts.ObjectLiteralElementLike;
    if (!ts.isPropertyAssignment(property) && !ts.isShorthandPropertyAssignment(property))
      return [own];
    const value = ts.isPropertyAssignment(property) ? property.initializer : property.name;
    if (!ts.isIdentifier(property.name) || !this.returnsGenerator(value)) return [own];
    if (ts.isArrowFunction(value)) {
      const plain = ts.visitEachChild(value, this.announcing, this.context);
      return [
        factory.createPropertyAssignment(property.name, plain),
        factory.createPropertyAssignment(this.twinName(property.name), this.twinArrow(value)),
      ];
    }
    return [
      own,
      factory.createPropertyAssignment(this.twinName(property.name), this.twinOf(value)),
    ];
  }

  private returnsGenerator(value: ts.Expression): boolean {
    const signatures = this.checker.getTypeAtLocation(value).getCallSignatures();
    return signatures.some((signature) => isGenerator(signature.getReturnType()));
  }

  private classMembers(
    member: ts.ClassElement,
    visit: (node: ts.Node) => ts.Node,
  ): ts.ClassElement[] {
    // What goes through a list yields what is in it, and no operations.
    if (member.name !== undefined && ts.isComputedPropertyName(member.name)) return [member];
    const own = ts.visitEachChild(member, visit, this.context);
    if (!ts.isMethodDeclaration(member) || !member.body || !this.isKernel(member)) return [own];
    return [ts.visitEachChild(member, this.announcing, this.context), this.twinMethod(member)];
  }

  // ── twins ────────────────────────────────────────────────────────────────────────────────────

  private twinBody<T extends ts.ConciseBody>(body: T): T {
    return ts.visitNode(body, this.straight) as T;
  }

  private twinFunction(node: ts.FunctionDeclaration, name: ts.Identifier): ts.Statement {
    return this.factory.createFunctionDeclaration(
      node.modifiers,
      undefined,
      this.twinName(name),
      undefined,
      node.parameters,
      undefined,
      this.twinBody(node.body as ts.FunctionBody),
    );
  }

  private twinMethod(node: ts.MethodDeclaration): ts.MethodDeclaration {
    return this.factory.createMethodDeclaration(
      node.modifiers,
      undefined,
      this.twinName(node.name as ts.Identifier),
      node.questionToken,
      undefined,
      node.parameters,
      undefined,
      this.twinBody(node.body as ts.FunctionBody),
    );
  }

  private twinArrow(node: ts.ArrowFunction): ts.ArrowFunction {
    return this.factory.createArrowFunction(
      node.modifiers,
      undefined,
      node.parameters,
      undefined,
      node.equalsGreaterThanToken,
      this.twinBody(node.body),
    );
  }

  private twinConstants(statement: ts.VariableStatement): ts.Statement[] {
    return statement.declarationList.declarations.flatMap((declaration) => {
      const { name, initializer } = declaration;
      if (!ts.isIdentifier(name) || !initializer) return [];
      if (this.isAnnouncer(initializer)) return this.twinAnnouncer(statement, name, initializer);
      if (!this.returnsGenerator(initializer)) return [];
      const twin = ts.isArrowFunction(initializer)
        ? this.twinArrow(initializer)
        : this.twinOf(initializer);
      const list = this.factory.createVariableDeclarationList(
        [this.factory.createVariableDeclaration(this.twinName(name), undefined, undefined, twin)],
        ts.NodeFlags.Const,
      );
      return [this.factory.createVariableStatement(statement.modifiers, list), this.attach(name)];
    });
  }

  private twinAnnouncer(
    statement: ts.VariableStatement,
    name: ts.Identifier,
    arrow: ts.ArrowFunction,
  ): ts.Statement[] {
    if (this.hasTwinByHand(statement.getSourceFile(), name.text)) return [];
    const { factory } = this;
    const body = this.carriedOut(arrow.body as ts.Expression);
    const twin = factory.createArrowFunction(
      undefined,
      undefined,
      arrow.parameters,
      undefined,
      arrow.equalsGreaterThanToken,
      body,
    );
    const declaration = factory.createVariableDeclaration(
      this.twinName(name),
      undefined,
      undefined,
      twin,
    );
    const list = factory.createVariableDeclarationList([declaration], ts.NodeFlags.Const);
    return [factory.createVariableStatement(statement.modifiers, list)];
  }

  /** `f.now = f$now;` */
  private attach(name: ts.Identifier): ts.Statement {
    const property = this.factory.createPropertyAccessExpression(name, 'now');
    return this.factory.createExpressionStatement(
      this.factory.createAssignment(property, this.twinName(name)),
    );
  }

  private importTwins(statement: ts.ImportDeclaration): ts.Statement[] {
    const named = statement.importClause?.namedBindings;
    if (!named || !ts.isNamedImports(named)) return [];
    const twins = named.elements.filter(({ name }) => this.isModuleFunction(name));
    if (twins.length === 0) return [];
    const specifiers = twins.map(({ propertyName, name }) =>
      this.factory.createImportSpecifier(
        false,
        propertyName ? this.factory.createIdentifier(propertyName.text + suffix) : undefined,
        this.twinName(name),
      ),
    );
    const clause = this.factory.createImportClause(
      undefined,
      undefined,
      this.factory.createNamedImports(specifiers),
    );
    return [
      this.factory.createImportDeclaration(
        undefined,
        clause,
        this.emitted(statement.moduleSpecifier),
      ),
    ];
  }

  private exportTwins(statement: ts.ExportDeclaration): ts.Statement[] {
    const { exportClause, moduleSpecifier } = statement;
    if (!exportClause || !ts.isNamedExports(exportClause) || !moduleSpecifier) return [];
    const twins = exportClause.elements.filter(({ name }) =>
      this.isModuleFunction(name as ts.Identifier),
    );
    if (twins.length === 0) return [];
    const specifiers = twins.map(({ name }) =>
      this.factory.createExportSpecifier(false, undefined, this.twinName(name as ts.Identifier)),
    );
    return [
      this.factory.createExportDeclaration(
        undefined,
        false,
        this.factory.createNamedExports(specifiers),
        this.emitted(moduleSpecifier),
      ),
    ];
  }

  /** The path of a module as it is in dist/. */
  private emitted(specifier: ts.Expression): ts.Expression {
    const { text } = specifier as ts.StringLiteral;
    return this.factory.createStringLiteral(text.replace(/\.ts$/, '.js'));
  }
}
