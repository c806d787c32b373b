/** What lies in the package that is published. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

const compilerOptions = { isolatedDeclarations: true, target: ts.ScriptTarget.ES2022 };

/** From where the types of a source file import, as the build emits them. */
function importsOf(path: string): string[] {
  const { outputText } = ts.transpileDeclaration(readFileSync(path, 'utf8'), { compilerOptions });
  return ts.preProcessFile(outputText).importedFiles.map(({ fileName }) => fileName);
}

/** Does the package bring types of its own? */
function hasTypes(name: string): boolean {
  const folder = `${root}node_modules/${name}`;
  const manifest: unknown = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const { types = 'index.d.ts' } = manifest as { types?: string };
  return existsSync(`${folder}/${types}`);
}

/**
 * Whoever compiles against the package with skipLibCheck off: what its types import has to come
 * with types, and the @types of a development dependency are not installed.
 */
test('the types of the package import nothing that has none', { timeout: 60_000 }, () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const from of importsOf(path)) {
      if (from.startsWith('.')) visit(resolve(dirname(path), from));
      else packages.add(from);
    }
  };
  visit(`${root}src/index.ts`);

  expect(seen.size).toBeGreaterThan(50);
  expect([...packages].filter((name) => !hasTypes(name))).toEqual([]);
});
