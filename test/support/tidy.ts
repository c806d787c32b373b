/**
 * The checks of test/tidy.test.ts: what a machine can judge of how the project is written.
 * Each takes sources, or a program, and says what is wrong with them: a line a finding.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root: string = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A file of the project: its path from the root, with slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** The files below a directory of the project whose names end in one of `endings`. */
export function filesIn(directory: string, ...endings: string[]): Source[] {
  let entries: string[];
  try {
    entries = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' });
  } catch {
    return []; // A directory that a later issue brings.
  }
  return entries
    .map((entry) => join(directory, entry).split(sep).join('/'))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

const parse = ({ path, text }: Source): ts.SourceFile =>
  ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);

function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Calls `visit` for a node and all below it. */
function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** A set of the words of a text. */
const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const layerOf = (path: string): string => /^src\/(\w+)\//.exec(path)?.[1] ?? 'index';

// ── Programs ───────────────────────────────────────────────────────────────────────────────────

/** The program of a tsconfig file. */
export function programOf(tsconfig: string): ts.Program {
  const path = join(root, tsconfig);
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return ts.createProgram(fileNames, options);
}

/** A program of texts that exist nowhere else, without the standard library. */
export function programOfTexts(texts: Readonly<Record<string, string>>): ts.Program {
  const options: ts.CompilerOptions = { noLib: true, types: [] };
  const host = ts.createCompilerHost(options);
  host.getSourceFile = (name, version) => {
    const text = texts[name];
    return text === undefined ? undefined : ts.createSourceFile(name, text, version, true);
  };
  return ts.createProgram(Object.keys(texts), options, host);
}

const ownFiles = (program: ts.Program): ts.SourceFile[] =>
  program.getSourceFiles().filter((file) => !file.isDeclarationFile);

const pathOf = (file: ts.SourceFile): string =>
  (file.fileName.startsWith(root) ? relative(root, file.fileName) : file.fileName)
    .split(sep)
    .join('/');

/** An operation or a generator that nobody yields: the call does nothing at all. */
export function forgottenYields(program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const found: string[] = [];
  for (const file of ownFiles(program)) {
    walk(file, (node) => {
      if (!ts.isExpressionStatement(node)) return;
      for (const call of discardedCalls(node.expression)) {
        const type = checker.getTypeAtLocation(call);
        // What a call of simTest() gives is a generator and a promise at once.
        const names = (type.isIntersection() ? type.types : [type]).map((one) => one.symbol?.name);
        if (!names.includes('Op') && !names.includes('Generator')) continue;
        const text = call.getText(file).split('\n')[0];
        found.push(`${pathOf(file)}:${lineOf(file, call)}: forgotten yield: ${text}`);
      }
    });
  }
  return found;
}

/** The calls whose result an expression statement throws away. */
function discardedCalls(expression: ts.Expression): ts.Expression[] {
  if (ts.isCallExpression(expression)) return [expression];
  if (ts.isParenthesizedExpression(expression)) return discardedCalls(expression.expression);
  if (ts.isVoidExpression(expression)) return discardedCalls(expression.expression);
  if (ts.isConditionalExpression(expression)) {
    return [...discardedCalls(expression.whenTrue), ...discardedCalls(expression.whenFalse)];
  }
  if (!ts.isBinaryExpression(expression)) return [];
  const { kind } = expression.operatorToken;
  const passesOn =
    kind === ts.SyntaxKind.AmpersandAmpersandToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.QuestionQuestionToken ||
    kind === ts.SyntaxKind.CommaToken;
  return passesOn ? [...discardedCalls(expression.left), ...discardedCalls(expression.right)] : [];
}

/** Who may know whom: a layer knows itself and those before it. */
const layers = [
  'kernel',
  'net',
  'syscalls',
  'sim',
  'trace',
  'strace',
  'why',
  'check',
  'scenario',
  'export',
  'async',
  'node',
  'shared',
  'vitest',
  'cli',
];
/** What runs in a browser too. */
const core: ReadonlySet<string> = new Set(
  layers.filter((layer) => !['check', 'async', 'node', 'shared', 'vitest', 'cli'].includes(layer)),
);
const bannedGlobals = words(`
  Date Promise console process performance globalThis fetch crypto Buffer setTimeout
  setInterval setImmediate queueMicrotask require window document
`);

/** Time, chance, promises and the platform: what would make two runs differ, or tie us to Node. */
export function bannedInCore(program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const found: string[] = [];
  for (const file of ownFiles(program)) {
    if (!core.has(layerOf(pathOf(file)))) continue;
    const isGlobal = (name: ts.Identifier): boolean => {
      const symbol = checker.getSymbolAtLocation(name);
      return (symbol?.declarations ?? []).every((at) => at.getSourceFile().isDeclarationFile);
    };
    walk(file, (node) => {
      const what = banned(node, isGlobal);
      if (what !== null) found.push(`${pathOf(file)}:${lineOf(file, node)}: ${what} in the core`);
    });
  }
  return found;
}

function banned(node: ts.Node, isGlobal: (name: ts.Identifier) => boolean): string | null {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isAwaitExpression(node)) return 'await';
  if (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random') return 'Math.random';
  if (!ts.isIdentifier(node) || !bannedGlobals.has(node.text) || !isGlobal(node)) return null;
  const { parent } = node;
  const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
  return isMember || ts.isPropertyAssignment(parent) ? null : node.text;
}

// ── Sources ────────────────────────────────────────────────────────────────────────────────────

const corePackages = ['denque', 'functional-red-black-tree'];

/** Imports that point the wrong way, or out of the core. */
export function importsOutOfOrder(sources: readonly Source[]): string[] {
  const found: string[] = [];
  for (const source of sources) {
    const layer = layers.indexOf(layerOf(source.path));
    if (layer < 0) continue; // The index of the public API may know everybody.
    const file = parse(source);
    walk(file, (node) => {
      if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return;
      if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier)) return;
      const problem = wrongImport(source.path, layer, node.moduleSpecifier.text);
      if (problem !== null) found.push(`${source.path}:${lineOf(file, node)}: ${problem}`);
    });
  }
  return found;
}

function wrongImport(path: string, layer: number, specifier: string): string | null {
  const name = layers[layer] as string;
  if (!specifier.startsWith('.')) {
    if (!core.has(name) || corePackages.includes(specifier)) return null;
    if (name === 'export' && specifier === 'fflate') return null; // It packs links, anywhere.
    return `${name} depends on the package ${specifier}`;
  }
  const target = join(dirname(path), specifier).split(sep).join('/');
  const other = layers.indexOf(layerOf(target));
  if (other < 0) return `${name} imports ${target}`;
  return other <= layer ? null : `${name} imports from ${layers[other]}: ${specifier}`;
}

/** What files take from outside of `home`: the sources must do without conformance/, bin/ and the rest. */
export function importsFromOutside(sources: readonly Source[], home = 'src/'): string[] {
  const found: string[] = [];
  for (const { path, text } of sources) {
    for (const [, specifier = ''] of text.matchAll(/\b(?:from|import|import\()\s*'(\.[^']*)'/g)) {
      const target = join(dirname(path), specifier).split(sep).join('/');
      if (!target.startsWith(home)) found.push(`${path} imports ${target}`);
    }
  }
  return found;
}

/** Packages that what is shipped imports, by name, whether or not at once. */
export function packagesOf(sources: readonly Source[]): string[] {
  const found = new Set<string>();
  for (const { text } of sources) {
    for (const [, specifier = ''] of text.matchAll(
      /(?<!')\b(?:from|import|import\()\s*'([^.'\n][^'\n]*)'/g,
    )) {
      const [name = '', second = ''] = specifier.split('/');
      if (!name.startsWith('node:')) found.add(name.startsWith('@') ? `${name}/${second}` : name);
    }
  }
  return [...found].sort();
}

/** try, catch and finally where abandoned executions must not run code, and C has none. */
export function tryInKernel(sources: readonly Source[]): string[] {
  return findNodes(
    sources.filter(({ path }) => /^src\/(kernel|net)\//.test(path)),
    (node) => (ts.isTryStatement(node) ? 'try in the kernel' : null),
  );
}

/** State at module level, by which two machines would meet. `current` is the one exception. */
export function moduleState(sources: readonly Source[]): string[] {
  return findNodes(
    sources.filter(({ path }) => core.has(layerOf(path))),
    (node) => {
      if (!ts.isVariableStatement(node) || !ts.isSourceFile(node.parent)) return null;
      if ((node.declarationList.flags & ts.NodeFlags.Const) !== 0) return null;
      const names = node.declarationList.declarations.map((at) => at.name.getText());
      return names.join() === 'current' ? null : `module state: ${names.join(', ')}`;
    },
  );
}

function findNodes(sources: readonly Source[], judge: (node: ts.Node) => string | null): string[] {
  const found: string[] = [];
  for (const source of sources) {
    const file = parse(source);
    walk(file, (node) => {
      const problem = judge(node);
      if (problem !== null) found.push(`${source.path}:${lineOf(file, node)}: ${problem}`);
    });
  }
  return found;
}

/** Functions that stand for one of Linux's under another name. */
const bodyOf: Readonly<Record<string, string | readonly string[]>> = {
  __wake_up_common_lock: ['__wake_up', '__wake_up_sync_key'],
  __ep_eventpoll_poll: 'ep_eventpoll_poll',
  tcp_v4_conn_request: 'tcp_conn_request',
  tcp_check_space: 'tcp_new_space',
  __unix_dgram_recvmsg: 'unix_dgram_recvmsg',
};

/** `__fentry__('fn')` in a function of another name: traces would name the wrong one. */
export function misnamedEntries(sources: readonly Source[]): string[] {
  return findNodes(sources, (node) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== '__fentry__') return null;
    const [name] = node.arguments;
    if (name === undefined || !ts.isStringLiteral(name)) return '__fentry__ without a name';
    const fn = enclosingFunction(node);
    return fn === name.text || [bodyOf[fn]].flat().includes(name.text)
      ? null
      : `__fentry__('${name.text}') in ${fn || 'no function'}`;
  });
}

function enclosingFunction(node: ts.Node): string {
  for (let at: ts.Node | undefined = node.parent; at !== undefined; at = at.parent) {
    if (ts.isFunctionDeclaration(at) || ts.isMethodDeclaration(at)) return at.name?.getText() ?? '';
    if (ts.isVariableDeclaration(at) && ts.isIdentifier(at.name)) return at.name.text;
  }
  return '';
}

/**
 * Races that a comment names (`Race: name`, or `Race: name, see path`) and that are told nowhere: no
 * heading of docs/limits.md has the name, no file below test/races, and the path does not exist.
 */
export function unresolvedRaces(
  sources: readonly Source[],
  limits: string,
  exists: (path: string) => boolean,
): string[] {
  const found: string[] = [];
  for (const { path, text } of sources) {
    for (const match of text.matchAll(/\bRace: ([a-z0-9-]+)(?:, see ([\w./-]+\w))?/g)) {
      const [, name = '', see] = match;
      const told =
        see === undefined
          ? new RegExp(`^#+ Race: ${name}$`, 'm').test(limits) ||
            exists(`test/races/${name}.test.ts`)
          : exists(see);
      if (!told) found.push(`${path}: race ${name} is told nowhere${see ? `: no ${see}` : ''}`);
    }
  }
  return found;
}

/** Anchors that the lab quotes and the source lacks, or has twice. */
export function unresolvedAnchors(sources: readonly Source[], pages: readonly Source[]): string[] {
  const anchors = sources.flatMap(({ text }) =>
    [...text.matchAll(/\/\/ LAB: ([\w-]+)/g)].map((match) => match[1] ?? ''),
  );
  const quoted = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\bLAB: ?([\w-]+)/g)].map((match) => ({ path, name: match[1] ?? '' })),
  );
  return [
    ...anchors
      .filter((name, i) => anchors.indexOf(name) !== i)
      .map((name) => `LAB: ${name} stands in the source twice`),
    ...quoted
      .filter(({ name }) => !anchors.includes(name))
      .map(({ path, name }) => `${path}: LAB: ${name} stands nowhere in the source`),
  ];
}

/** What nobody meant to leave behind. */
export function leftovers(sources: readonly Source[]): string[] {
  const found: string[] = [];
  for (const { path, text } of sources) {
    for (const [i, line] of text.split('\n').entries()) {
      const match =
        /\b(?:TO[D]O|FIX[M]E|XX[X])\b|^\s*debugger;|\b(?:test|it|describe)\.(?:only|skip)\b/.exec(
          line,
        );
      if (match !== null) found.push(`${path}:${i + 1}: ${match[0].trim()}`);
    }
  }
  return found;
}

const freeFolders = /^test\/(?:history|laws|races|semantics)\//;

/**
 * Test files that mirror nothing: `test/a/b.test.ts` is about `a/b` of `src`, `scripts` or the
 * project itself, be it a file, a folder, or a group of files that begin with `b_`; `b_c.test.ts`
 * may be about one side of `b`.
 */
export function testsOfNothing(tests: readonly string[], known: readonly string[]): string[] {
  const isThere = (name: string): boolean =>
    known.some((path) =>
      ['src/', 'scripts/', 'docs/', ''].some(
        (top) => path.startsWith(top + name) && /[._/]/.test(path.charAt((top + name).length)),
      ),
    );
  return tests.filter((path) => {
    let name = /^test\/(.*)\.test\.ts$/.exec(path)?.[1] ?? '';
    if (name === '') return true;
    if (freeFolders.test(path) || name === 'tidy') return false;
    while (!isThere(name)) {
      if (!/_[^/]*$/.test(name)) return true;
      name = name.replace(/_[^_/]*$/, '');
    }
    return false;
  });
}

// ── The map of the kernel ──────────────────────────────────────────────────────────────────────

/** One line of docs/kernel-map.tsv. */
export interface MapLine {
  readonly symbol: string;
  readonly linux: string;
  readonly ours: string;
  readonly status: string;
}

export const parseMap = (text: string): MapLine[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [symbol = '', linux = '', ours = '', status = ''] = line.split('\t');
      return { symbol, linux, ours, status };
    });

/** A name that a file declares at its top level, or as a field of a class of statics. */
export interface Declaration {
  readonly name: string;
  readonly path: string;
  readonly exported: boolean;
}

export function declarations(sources: readonly Source[]): Declaration[] {
  const found: Declaration[] = [];
  for (const source of sources) {
    for (const statement of parse(source).statements) {
      const flags = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
      const exported = flags.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      for (const name of namesOf(statement)) found.push({ name, path: source.path, exported });
      if (!ts.isClassDeclaration(statement) || !statement.name?.text.endsWith('Statics')) continue;
      for (const member of statement.members) {
        const name = member.name?.getText();
        if (name !== undefined) found.push({ name, path: source.path, exported: false });
      }
    }
  }
  return found;
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((at) => at.name.getText());
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return named && statement.name !== undefined ? [statement.name.text] : [];
}

/** Names of one word, or in capitals, that are ours: their case does not show it. */
const ourWords = words(`
  commits enabled epoll_data_t now perform poison refuse ipv4 sigset statics syscall
  unbind ACK_OK ACK_OLD ACK_UNSENT BH IRQ PLAIN SEGMENT_OVERHEAD SIGNAL_HANDLED
  SIGNAL_KILLED SIGNAL_NONE SIGNAL_RESTART WRITE_KEY
`);

/** Does the name claim to exist in Linux? */
export const claimsLinux = (name: string): boolean =>
  !ourWords.has(name) &&
  (/^_*[a-z0-9]+(?:_[a-z0-9]+)*_*$/.test(name) ||
    /^_*[A-Z][A-Z0-9_]*$/.test(name) ||
    /^[A-Z]+_[A-Z]+_[A-Z]\w*$/.test(name));

/** Where the map and the sources disagree. Files of constants have one line, with the symbol `*`. */
export function mapProblems(map: readonly MapLine[], declared: readonly Declaration[]): string[] {
  const problems: string[] = [];
  const key = (name: string, path: string): string => `${name}\t${path}`;
  const lines = new Set(map.map(({ symbol, ours }) => key(symbol, ours)));
  const names = new Set(declared.map(({ name, path }) => key(name, path)));
  const files = new Set(declared.map(({ path }) => path));
  for (const { name, path, exported } of declared) {
    if (!exported || !claimsLinux(name) || lines.has(key('*', path))) continue;
    if (!lines.has(key(name, path))) problems.push(`not in the map: ${name} of ${path}`);
  }
  for (const { symbol, linux, ours, status } of map) {
    const known = symbol === '*' ? files.has(ours) : names.has(key(symbol, ours));
    if (!known) problems.push(`in the map only: ${symbol} of ${ours}`);
    if (!/^[\w/.-]+\.[chS]$/.test(linux)) problems.push(`${symbol}: "${linux}" is no C file`);
    if (!['same', 'differs', 'stub'].includes(status)) {
      problems.push(`${symbol}: "${status}" is not one of same, differs, stub`);
    }
  }
  if (lines.size !== map.length) problems.push('a line stands in the map twice');
  return problems;
}

/** Statics of a C file that have no line in the map. */
export const withoutCounterpart = (
  statics: readonly string[],
  linux: string,
  map: readonly MapLine[],
): string[] =>
  statics.filter((name) => !map.some((line) => line.symbol === name && line.linux === linux));
