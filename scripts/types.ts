/** Takes the types away that no entry of the package leads to: those of the command, mostly. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { entriesOf, type Manifest } from './entries.ts';

/** Leaves in `outDir` the types of the entries, and what they import. */
export function pruneTypes(outDir: string, manifest: Manifest): void {
  const needed = new Set<string>();
  const need = (file: string): void => {
    if (needed.has(file) || !existsSync(file)) return;
    needed.add(file);
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
      if (!fileName.startsWith('.')) continue;
      need(resolve(dirname(file), fileName).replace(/\.[jt]s$/, '.d.ts'));
    }
  };
  for (const { types } of entriesOf(manifest)) need(resolve(outDir, types.replace('./dist/', '')));
  for (const path of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
    const file = resolve(join(outDir, path));
    if (file.endsWith('.d.ts') && !needed.has(file)) rmSync(file);
  }
}
