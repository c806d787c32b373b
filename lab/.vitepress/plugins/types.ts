/** The types that a program of the lab is checked against: epollsim's, and those of the language. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const sources = fileURLToPath(new URL('../../../src/', import.meta.url));
const libraries = dirname(createRequire(import.meta.url).resolve('typescript'));

/** What a browser's worker has of its own and a program may use to look at things. */
const surroundings = 'declare const console: { log(...what: unknown[]): void };\n';

/** Files by their paths, as the compiler in the browser finds them. */
export function typeFiles(): Record<string, string> {
  const files: Record<string, string> = { '/surroundings.d.ts': surroundings };
  addLibrary(files, 'es2022');
  addDeclarations(files, 'index.ts');
  return files;
}

function addLibrary(files: Record<string, string>, name: string): void {
  const path = `/lib.${name}.d.ts`;
  if (path in files) return;
  const text = readFileSync(join(libraries, path), 'utf8');
  files[path] = text.replace(/^\/\*![\s\S]*?\*\//, '');
  for (const [, other = ''] of text.matchAll(/^\/\/\/ <reference lib="(.+?)" \/>/gm)) {
    addLibrary(files, other.toLowerCase());
  }
}

/** A file of src/, and what it imports. */
function addDeclarations(files: Record<string, string>, file: string): void {
  const path = `/epollsim/${file.replace(/\.ts$/, '.d.ts')}`;
  if (path in files) return;
  const text = readFileSync(join(sources, file), 'utf8');
  const { outputText } = ts.transpileDeclaration(text, {
    fileName: relative(sources, join(sources, file)),
    compilerOptions: {
      isolatedDeclarations: true,
      declaration: true,
      target: ts.ScriptTarget.ES2022,
    },
  });
  files[path] = '';
  files[path] = outputText.replace(/(["'])(\.{1,2}\/[^"']+)\.ts\1/g, (_, quote, other) => {
    addDeclarations(files, posix.join(posix.dirname(file), `${other}.ts`));
    return `${quote}${other}.js${quote}`;
  });
}
