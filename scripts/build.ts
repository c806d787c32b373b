/**
 * Builds dist/: what tsc would emit, changed for speed where no other context can interfere.
 *
 * In kernel code each `yield op` becomes `atOnce(op) || (yield op)`: where nobody could run in
 * between, the operation is carried out on the spot instead of being announced to the machine. And
 * each kernel function gets a straight twin, see straight.ts. What belongs together becomes one file,
 * see bundle.ts, and all of it one for browsers, see browser.ts. The sources stay as they are, and test/build.test.ts plays the corpus on what is
 * built.
 */
import { cpSync, renameSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { bundleForBrowsers } from './browser.ts';
import { bundle } from './bundle.ts';
import { readManifest } from './entries.ts';
import { clearedOutDir } from './out_dir.ts';
import { helpers, Straightener } from './straight.ts';
import { pruneTypes } from './types.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outDir = outDirOrEnd(process.argv[2] ?? join(root, 'dist'));

/** Ends the process where something else is in it. */
function outDirOrEnd(path: string): string {
  try {
    return clearedOutDir(path);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return process.exit(1);
  }
}

/** Not TypeScript, and needed beside it. */
const playerSource = 'conformance/linux/player.c';

const pathOf = (file: ts.SourceFile): string => relative(root, file.fileName).split(sep).join('/');

/** The tasks of the lab; dist/lab is the site, which is built by itself. */
const lab = { sources: 'lab', built: 'lab-tasks' } as const;

/** Is it called by straight code? */
const isKernelCode = (file: ts.SourceFile): boolean => {
  const path = pathOf(file);
  return /^src\/(kernel|net|syscalls|sim\/liberties)\//.test(path) && !path.endsWith('/execute.ts');
};

function straighten(program: ts.Program): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    if (!isKernelCode(file)) return file;
    const straightener = new Straightener(program, context, isKernelCode);
    const made = straightener.file(file);
    if (!straightener.needsHelpers) return made;
    return context.factory.updateSourceFile(made, [
      importHelpers(file, context.factory),
      ...made.statements,
    ]);
  };
}

function importHelpers(file: ts.SourceFile, factory: ts.NodeFactory): ts.Statement {
  const path = relative(dirname(file.fileName), join(root, 'src/kernel/execute.js'));
  const from = path.startsWith('.') ? path : `./${path}`;
  const names = helpers.map((name) =>
    factory.createImportSpecifier(false, undefined, factory.createIdentifier(name)),
  );
  const clause = factory.createImportClause(
    undefined,
    undefined,
    factory.createNamedImports(names),
  );
  return factory.createImportDeclaration(undefined, clause, factory.createStringLiteral(from));
}

function build(): number {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.build.json'),
    { outDir },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (error) => report([error]) },
  );
  if (config === undefined) return 1;
  const program = ts.createProgram(config.fileNames, config.options);
  const before = ts.getPreEmitDiagnostics(program);
  const emitted = program.emit(undefined, undefined, undefined, false, {
    before: [straighten(program)],
  });
  cpSync(join(root, playerSource), join(outDir, playerSource));
  renameSync(join(outDir, lab.sources), join(outDir, lab.built));
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
if (process.exitCode === 0) {
  const manifest = readManifest();
  pruneTypes(outDir, manifest);
  await bundle(outDir);
  await bundleForBrowsers(outDir, manifest);
}
