/**
 * The reference of every entry of the package, from its comments: `npm run api`. It is a folder of HTML
 * that needs no server; its links to sources lead into the checkout.
 */
import { readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Application,
  Comment,
  CommentTag,
  type Context,
  Converter,
  type DeclarationReflection,
  LogLevel,
  type ProjectReflection,
  ReflectionKind,
} from 'typedoc';
import ts from 'typescript';
import { report } from '../src/cli/errors.ts';
import { readWords } from '../src/cli/options.ts';
import { type Entry, entriesOf, readManifest } from './entries.ts';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '..');

const help = `usage: npm run api -- [DIR]

Writes the reference of every entry of the package as HTML, from the comments in the sources: to DIR,
or to docs/api. Open DIR/index.html.

  -h, --help  this text
`;

/** What public names lead to and nobody is to build on: the inside of the kernel, and of the checker. */
const inside: readonly string[] = [
  ...['src/trace/views/files.ts:Descriptor', 'CasesTest', 'Taking'],
  ...['Globals', 'Kernel', 'Op', 'Footprint', 'file', 'net', 'task_struct'],
  ...['eventpollCommits', 'neighbourCommits', 'LibertiesTaken', 'Names', 'CallOf', 'ThreadMaker'],
  ...['CallName', 'Fd', 'Outcome', 'StepOf', 'SysMaker', 'src/scenario/play.ts:Thread'],
];

/** The source of an entry, by its path from the root, and how it is imported. */
interface Documented {
  readonly name: string;
  readonly source: string;
}

function documented(entries: readonly Entry[]): Documented[] {
  return entries.flatMap(({ name, source }) =>
    source === null ? [] : [{ name, source: source.replace(/^\.\//, '') }],
  );
}

// ── Sections ───────────────────────────────────────────────────────────────────────────────────

/** The names that a statement of an entry hands on; of `export *` none are written. */
function namesIn(statement: ts.Statement): string[] {
  if (!ts.isExportDeclaration(statement) || !statement.exportClause) return [];
  const { exportClause } = statement;
  return ts.isNamedExports(exportClause) ? exportClause.elements.map(({ name }) => name.text) : [];
}

/** Of each name that an entry writes out, the section of the table of contents that it stands in. */
export function sectionsOf(path: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, path), 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const sections = new Map<string, string>();
  let section: string | null = null;
  for (const statement of file.statements) {
    const before = text.slice(statement.pos, statement.getStart(file));
    section = [...before.matchAll(/^\/\/ ── (.+?) ─/gm)].at(-1)?.[1] ?? section;
    if (section === null) continue;
    for (const name of namesIn(statement)) sections.set(name, section);
  }
  return sections;
}

/** Where what an entry does not write out belongs: constants by their header, events together. */
function sectionByFile(path: string): string {
  const [, header] = /kernel\/uapi\/(\w+)\.ts$/.exec(path) ?? [];
  if (header !== undefined) return `Constants: ${header}`;
  return path.endsWith('/trace/events.ts') ? 'Traces and views' : 'Everything';
}

function putIntoSections(context: Context, entries: readonly Documented[]): void {
  for (const module of context.project.children ?? []) {
    const entry = entries.find(({ source }) => module.sources?.[0]?.fileName.endsWith(source));
    if (entry === undefined) continue;
    module.name = entry.name;
    module.comment = new Comment([{ kind: 'text', text: headOf(entry.source) }]);
    const sections = sectionsOf(entry.source);
    for (const child of module.children ?? []) {
      const path = child.sources?.[0]?.fileName ?? '';
      putInto(sections.get(child.name) ?? sectionByFile(path), child);
    }
  }
}

/** What a file says of itself at its top. */
function headOf(path: string): string {
  const [, lines = ''] =
    /^\/\*\*\n([\s\S]*?)\n \*\//.exec(readFileSync(join(root, path), 'utf8')) ?? [];
  return lines.replace(/^ \* ?/gm, '');
}

function putInto(section: string, child: DeclarationReflection): void {
  const tag = new CommentTag('@category', [{ kind: 'text', text: section }]);
  if (child.kindOf(ReflectionKind.Reference)) return;
  child.comment ??= new Comment();
  child.comment.blockTags.push(tag);
}

// ── Writing ────────────────────────────────────────────────────────────────────────────────────

/** What typedoc has found wrong: links that lead nowhere, public types that nobody can look up. */
export class ApiError extends Error {}

/** The sections of the first entry in their order; the constants of Linux come last. */
const orderOf = (entries: readonly Documented[]): string[] => [
  ...new Set(entries.flatMap(({ source }) => [...sectionsOf(source).values()])),
  'Everything',
  '*',
];

/**
 * Writes the reference of some entries into a folder, which is emptied before.
 *
 * @throws ApiError where a comment links to what is not there, or a type is public and has no page
 */
export async function writeApi(outDir: string, entries: readonly Entry[]): Promise<void> {
  const wanted = documented(entries);
  const fromPage = relative(join(resolve(outDir), 'functions'), root)
    .split(sep)
    .join('/');
  const app = await Application.bootstrap({
    name: 'epollsim',
    entryPoints: wanted.map(({ source }) => join(root, source)),
    tsconfig: join(root, 'tsconfig.json'),
    basePath: root,
    displayBasePath: root,
    readme: 'none',
    includeVersion: true,
    hideGenerator: true,
    disableGit: true,
    sourceLinkTemplate: `${fromPage}/{path}#L{line}`,
    excludePrivate: true,
    excludeProtected: true,
    excludeInternal: true,
    skipErrorChecking: true,
    sort: ['source-order'],
    categorizeByGroup: false,
    categoryOrder: orderOf(wanted),
    intentionallyNotExported: [...inside],
    validation: { notExported: true, invalidLink: true, notDocumented: false },
    treatValidationWarningsAsErrors: true,
    logLevel: LogLevel.Warn,
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => putIntoSections(context, wanted));
  const project: ProjectReflection | undefined = await app.convert();
  if (project !== undefined) app.validate(project);
  if (project === undefined || app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new ApiError('the reference was not written: see above');
  }
  await app.generateDocs(project, outDir);
}

const options = { help: { short: 'h' } };

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(argv, options);
  if (values['help'] === true || positionals.length > 1) {
    process.stderr.write(help);
    return positionals.length > 1 ? 2 : 0;
  }
  const [outDir = join(root, 'docs/api')] = positionals;
  try {
    await writeApi(outDir, entriesOf(readManifest()));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    process.stderr.write(`epollsim: ${error.message}\n`);
    return 1;
  }
  process.stderr.write(`the reference is ${relative(process.cwd(), join(outDir, 'index.html'))}\n`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2)).catch(report);
}
