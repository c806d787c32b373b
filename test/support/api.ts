/**
 * The checks of test/api.test.ts: what the reference has to tell of each public name. Each takes what
 * is public and says what is missing: a line a finding, `file:line: what`.
 */
import { relative, sep } from 'node:path';
import ts from 'typescript';
import { Throws } from './throws.ts';
import { claimsLinux, root } from './tidy.ts';

/** A public name: an export of an entry, or a member of a public class, interface or literal type. */
export interface PublicName {
  /** `Machine.spawn`. */
  readonly label: string;
  /** `src/sim/machine.ts:160`. */
  readonly at: string;
  /** The name alone: `spawn`. */
  readonly name: string;
  /** The export whose member it is; null for an export. */
  readonly owner: PublicName | null;
  readonly declaration: ts.Declaration;
  /** The comment without its tags; a member that has none has that of what it implements. */
  readonly summary: string;
  /** The comment with its tags. */
  readonly text: string;
  /** What its `@throws` say, and those of its owner. */
  readonly throws: readonly string[];
}

/** What is public, and the checker that knows its types. */
export interface Surface {
  readonly names: readonly PublicName[];
  readonly checker: ts.TypeChecker;
}

/** What is wrong, a line a finding. */
export type Rule = (surface: Surface) => string[];

const pathOf = (file: ts.SourceFile): string =>
  (file.fileName.startsWith(root) ? relative(root, file.fileName) : file.fileName)
    .split(sep)
    .join('/');

/** Where a declaration stands, without the comment above it. */
function placeOf(declaration: ts.Declaration): string {
  const file = declaration.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
  return `${pathOf(file)}:${line + 1}`;
}

/** Every public name of some entries, which are source files of `program`. */
export function surfaceOf(program: ts.Program, entries: readonly string[]): Surface {
  const checker = program.getTypeChecker();
  const names = new Map<ts.Declaration, PublicName>();
  for (const entry of entries) {
    const file = program.getSourceFiles().find((each) => pathOf(each) === entry);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${entry}: expected a module of the program`);
    for (const symbol of checker.getExportsOfModule(module)) addExport(symbol, checker, names);
  }
  return { names: [...names.values()], checker };
}

function addExport(
  symbol: ts.Symbol,
  checker: ts.TypeChecker,
  names: Map<ts.Declaration, PublicName>,
): void {
  const { Alias, Class, Interface, TypeAlias } = ts.SymbolFlags;
  const target = symbol.flags & Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const owner = add(target, symbol.name, null, checker, names);
  if (owner === null || !(target.flags & (Class | Interface | TypeAlias))) return;
  for (const member of membersOf(checker.getDeclaredTypeOfSymbol(target), target)) {
    add(member, `${symbol.name}.${member.name}`, owner, checker, names);
  }
}

/** The members of a type that are written out for it; of a union, those of its literal types. */
function membersOf(type: ts.Type, symbol: ts.Symbol): readonly ts.Symbol[] {
  if (!type.isUnion()) return isWrittenFor(type, symbol) ? type.getProperties() : [];
  return type.types.flatMap((each) => (isWrittenFor(each, symbol) ? each.getProperties() : []));
}

/** Is it the type of the symbol itself, or a literal type, `{ … }`, and none with another name? */
function isWrittenFor(type: ts.Type, symbol: ts.Symbol): boolean {
  const { Class, Interface, TypeLiteral } = ts.SymbolFlags;
  if (symbol.flags & (Class | Interface)) return true;
  return type.isIntersection() || ((type.symbol?.flags ?? 0) & TypeLiteral) !== 0;
}

const isHidden = (declaration: ts.Declaration): boolean => {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  if (ts.getCombinedModifierFlags(declaration) & hidden) return true;
  const name = ts.getNameOfDeclaration(declaration);
  // `#own`, and what a base class of Node asks a stream for.
  if (name !== undefined && /^[#_]/.test(name.getText())) return true;
  return ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal');
};

/** Adds a name that is ours, once; null if it is not. */
function add(
  symbol: ts.Symbol,
  label: string,
  owner: PublicName | null,
  checker: ts.TypeChecker,
  names: Map<ts.Declaration, PublicName>,
): PublicName | null {
  const [declaration] = symbol.declarations ?? [];
  if (declaration === undefined || declaration.getSourceFile().isDeclarationFile) return null;
  if (isHidden(declaration)) return null;
  const known = names.get(declaration);
  if (known !== undefined) return known;
  const tags = symbol.getJsDocTags(checker);
  const textOf = (tag: ts.JSDocTagInfo): string => ts.displayPartsToString(tag.text);
  const summary = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  const own = tags.filter(({ name }) => name === 'throws').map(textOf);
  const name: PublicName = {
    label,
    at: placeOf(declaration),
    name: symbol.name,
    owner,
    declaration,
    summary,
    text: [summary, ...tags.map(textOf)].join(' ').replace(/\s+/g, ' '),
    throws: [...own, ...(owner?.throws ?? [])],
  };
  names.set(declaration, name);
  return name;
}

const finding = ({ at, label }: PublicName, what: string): string => `${at}: ${label}: ${what}`;

// ── What it is ─────────────────────────────────────────────────────────────────────────────────

/** Is it a member that its own type says, as `kind: 'call'`, or that is there to be absent? */
function saysItself({ declaration, owner }: PublicName, checker: ts.TypeChecker): boolean {
  if (owner === null || !ts.isPropertySignature(declaration)) return false;
  const { BooleanLiteral, Never, Undefined } = ts.TypeFlags;
  const type = checker.getTypeAtLocation(declaration);
  return type.isLiteral() || (type.flags & (BooleanLiteral | Never | Undefined)) !== 0;
}

/** Does a class that is not ours have it: `name` of an Error? */
function isForeign({ declaration, name }: PublicName, checker: ts.TypeChecker): boolean {
  if (!ts.isClassElement(declaration)) return false;
  const type = checker.getTypeAtLocation(declaration.parent);
  return (type.getBaseTypes() ?? []).some((base) => {
    const [inherited] = base.getProperty(name)?.declarations ?? [];
    return inherited?.getSourceFile().isDeclarationFile === true;
  });
}

/** Names without a sentence that says what they are. */
export function withoutSummary({ names, checker }: Surface): string[] {
  const found: string[] = [];
  for (const name of names) {
    if (saysItself(name, checker) || isForeign(name, checker)) continue;
    if (name.summary === '') found.push(finding(name, 'a summary is missing'));
    else if (!/[.?:…][)`']*$/m.test(name.summary))
      found.push(finding(name, `the summary is no sentence: ${name.summary.split('\n')[0]}`));
  }
  return found;
}

// ── Parameters ─────────────────────────────────────────────────────────────────────────────────

/** The function of a name, if it is one: its parameters and its result are those of the name. */
export function functionOf({ declaration }: PublicName): ts.SignatureDeclaration | null {
  if (ts.isFunctionLike(declaration)) return declaration;
  const { initializer } = declaration as { initializer?: ts.Expression };
  return initializer !== undefined && ts.isFunctionLike(initializer) ? initializer : null;
}

/** The constructor of a class, beside its members. */
function constructorOf({ declaration }: PublicName): ts.SignatureDeclaration | null {
  if (!ts.isClassDeclaration(declaration)) return null;
  return declaration.members.find(ts.isConstructorDeclaration) ?? null;
}

/** A number, a word or a flag, of which the type does not say what it is for. */
function isPrimitive(type: ts.Type): boolean {
  const { BooleanLike, NumberLike, StringLike, BigIntLike, Undefined, Null } = ts.TypeFlags;
  const plain = BooleanLike | NumberLike | StringLike | BigIntLike | Undefined | Null;
  const parts = type.isUnion() ? type.types : [type];
  return parts.every((part) => (part.flags & plain) !== 0);
}

/** The words of a name: `first_port` and `firstPort` are both two. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_');

/** Does a text speak of it, by its name or by the words of its name? */
function speaksOf(text: string, name: string): boolean {
  const said = new Set(text.toLowerCase().match(/\w+/g));
  return said.has(name.toLowerCase()) || wordsOf(name).every((word) => said.has(word));
}

/** Is it a call of the man pages, which name and explain its parameters? */
const hasManPage = ({ name, summary }: PublicName): boolean =>
  summary.includes(`${name}(2)`) || summary.includes(`${name}(3)`);

/** The text that is to say what the parameters of a function are. */
const textFor = (name: PublicName, called: ts.SignatureDeclaration): string =>
  [name.text, ...ts.getJSDocCommentsAndTags(called).map((doc) => doc.getText())].join(' ');

/** Is it what a constructor makes a field of, which says what it is? */
function isField(called: ts.Node, name: string, checker: ts.TypeChecker): boolean {
  if (!ts.isConstructorDeclaration(called)) return false;
  return checker.getTypeAtLocation(called.parent).getProperty(name) !== undefined;
}

/** Parameters that neither their name and type nor the comment explain. */
export function undescribedParameters({ names, checker }: Surface): string[] {
  const found: string[] = [];
  for (const name of names) {
    const called = functionOf(name) ?? constructorOf(name);
    if (called === null || hasManPage(name)) continue;
    for (const parameter of called.parameters) {
      const written = parameter.name.getText();
      if (!isPrimitive(checker.getTypeAtLocation(parameter)) || written.startsWith('_')) continue;
      if (speaksOf(textFor(name, called), written) || isField(called, written, checker)) continue;
      found.push(finding(name, `nothing is said of the parameter ${written}`));
    }
  }
  return found;
}

// ── Units ──────────────────────────────────────────────────────────────────────────────────────

/** Names that are said to be a quantity, and what a text has to have for their unit. */
const quantities: readonly { readonly of: RegExp; readonly unit: RegExp }[] = [
  {
    of: /^(time|timeout|delay|interval|duration|elapsed|latency|jitter|deadline|now|period)$/,
    unit: /\b(ns|µs|us|ms|s|(nano|micro|milli)?seconds?)\b/,
  },
  {
    of: /^(length|len|size|offset|capacity|backlog|mtu)$/,
    unit: /\b(bytes?|characters|files|events|connections|entries|packets)\b/,
  },
];

/** `delay_ns`, `delayMs`, `bytes`: the name says the unit. */
const namesUnit = (name: string): boolean =>
  wordsOf(name).some((word) => /^(ns|us|ms|sec|nsec|usec|seconds|bytes)$/.test(word));

const isNumber = (type: ts.Type): boolean =>
  isPrimitive(type) &&
  (type.isUnion() ? type.types : [type]).some(
    ({ flags }) => (flags & (ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike)) !== 0,
  );

function lacksUnit(name: string, text: string): boolean {
  if (namesUnit(name)) return false;
  const words = wordsOf(name);
  return quantities.some(({ of, unit }) => words.some((word) => of.test(word)) && !unit.test(text));
}

/** Numbers that are times or sizes, without a unit in their name or in their comment. */
export function withoutUnits({ names, checker }: Surface): string[] {
  const found: string[] = [];
  for (const name of names) {
    const called = functionOf(name) ?? constructorOf(name);
    const measured: (readonly [string, ts.Node])[] = called
      ? called.parameters.map((parameter) => [parameter.name.getText(), parameter])
      : [[name.name, name.declaration]];
    if (claimsLinux(name.name) && name.owner === null && !called) continue; // A constant of Linux.
    for (const [written, node] of measured) {
      if (!isNumber(checker.getTypeAtLocation(node))) continue;
      if (!lacksUnit(written, called ? textFor(name, called) : name.text)) continue;
      found.push(finding(name, `the unit of ${written} is missing`));
    }
  }
  return found;
}

// ── Errors ─────────────────────────────────────────────────────────────────────────────────────

/** A bug of the model, or of the modelled kernel, which any run may find; and what cannot be. */
const cannotBe: ReadonlySet<string> = new Set(['KernelBug', 'GoesRound', 'Error']);

/** What the tags of a function itself say, as a constructor has its own beside those of its class. */
const throwsOf = (called: ts.SignatureDeclaration): string[] =>
  ts
    .getJSDocTags(called)
    .filter(({ tagName }) => tagName.text === 'throws')
    .map((tag) => tag.getText());

/** Functions that can throw what no `@throws` of theirs says. */
export function unsaidThrows({ names, checker }: Surface): string[] {
  const throws = new Throws(checker);
  const found: string[] = [];
  for (const name of names) {
    const called = functionOf(name) ?? constructorOf(name);
    if (called === null) continue;
    for (const [type, at] of throws.of(called)) {
      const said = [...name.throws, ...throwsOf(called)];
      if (cannotBe.has(type) || said.some((text) => text.includes(type))) continue;
      found.push(finding(name, `@throws ${type} is missing, thrown at ${at}`));
    }
  }
  return found;
}

/** What a text says where a call returns an error, or that it cannot. */
const failure = /-errno|-E[A-Z]+|never fails|does not return|comes back only/;

const givesResult = (name: PublicName): boolean =>
  functionOf(name)?.type?.kind !== ts.SyntaxKind.VoidKeyword;

/** System calls that do not say what they return on failure. */
export function withoutErrno({ names }: Surface): string[] {
  return names
    .filter((name) => name.owner?.name === 'Sys' && hasManPage(name) && givesResult(name))
    .filter(({ text }) => !failure.test(text))
    .map((name) => finding(name, 'what it returns on failure is missing: "or -errno"'));
}

// ── Source ─────────────────────────────────────────────────────────────────────────────────────

/** A man page, a header or a file of Linux, a commit, or another kernel function. */
const source = /\b\w+\(\d\)|\b[\w/-]+\.[ch]\b|\b[0-9a-f]{12}\b|\b\w+_\w+\(\)/;

/** Does a call of a program, or an export, have a name of Linux? */
const isOfLinux = ({ name, owner, at }: PublicName): boolean =>
  owner === null
    ? claimsLinux(name) && /^src\/(kernel|net|syscalls)\//.test(at)
    : owner.name === 'Sys' && claimsLinux(name);

/** Names of Linux without the man page, header or kernel function that they are from. */
export function withoutSource({ names }: Surface): string[] {
  return names
    .filter((name) => isOfLinux(name) && !isProperty(name) && !source.test(name.text))
    .map((name) => finding(name, 'its man page, header or kernel function is missing'));
}

/** Is it a field of a class, which a call is not? */
const isProperty = ({ declaration }: PublicName): boolean =>
  ts.isPropertyDeclaration(declaration) || ts.isPropertySignature(declaration);
