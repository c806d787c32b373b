/**
 * Builds dist/: what tsc would emit, with one change for speed.
 *
 * In kernel code each `yield op` becomes `atOnce(op) || (yield op)`: where no other context could
 * run in between, the operation is carried out on the spot instead of being announced to the
 * machine. That saves the way up and down the chain of generators, which is most of the cost of a
 * system call. The sources stay as they are; test/build.test.ts plays the corpus on both.
 */
import { rmSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outDir = process.argv[2] ?? join(root, 'dist');

/** The files whose operations are carried out on the spot. */
const isKernelCode = (fileName: string): boolean =>
  /^src\/(kernel|net)\//.test(relative(root, fileName).split(sep).join('/')) &&
  !fileName.endsWith('/execute.ts');

const helper = 'atOnce';

const carryOutAtOnce: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
  if (!isKernelCode(file.fileName)) return file;
  const { factory } = context;
  let changed = false;
  const visit = (node: ts.Node): ts.Node => {
    const seen = ts.visitEachChild(node, visit, context);
    if (!ts.isYieldExpression(seen) || seen.asteriskToken || !seen.expression) return seen;
    changed = true;
    const call = factory.createCallExpression(factory.createIdentifier(helper), undefined, [
      seen.expression,
    ]);
    return factory.createParenthesizedExpression(factory.createLogicalOr(call, seen));
  };
  const body = ts.visitEachChild(file, visit, context);
  return changed ? factory.updateSourceFile(body, [importHelper(file, factory), ...body.statements]) : file;
};

function importHelper(file: ts.SourceFile, factory: ts.NodeFactory): ts.Statement {
  const path = relative(dirname(file.fileName), join(root, 'src/kernel/execute.js'));
  const from = path.startsWith('.') ? path : `./${path}`;
  const name = factory.createImportSpecifier(false, undefined, factory.createIdentifier(helper));
  const clause = factory.createImportClause(undefined, undefined, factory.createNamedImports([name]));
  return factory.createImportDeclaration(undefined, clause, factory.createStringLiteral(from));
}

function build(): number {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.build.json'),
    { outDir },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (error) => report([error]) },
  );
  if (config === undefined) return 1;
  rmSync(outDir, { recursive: true, force: true });
  const program = ts.createProgram(config.fileNames, config.options);
  const before = ts.getPreEmitDiagnostics(program);
  const emitted = program.emit(undefined, undefined, undefined, false, { before: [carryOutAtOnce] });
  return report([...before, ...emitted.diagnostics]);
}

function report(diagnostics: readonly ts.Diagnostic[]): number {
  if (diagnostics.length === 0) return 0;
  process.stderr.write(
    ts.formatDiagnostics(diagnostics, {
      getCurrentDirectory: () => root,
      getCanonicalFileName: (name) => name,
      getNewLine: () => '\n',
    }),
  );
  return 1;
}

process.exitCode = build();
