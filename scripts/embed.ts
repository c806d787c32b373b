/**
 * Puts src/export/c/runtime.c into a module beside it: what exports must also work where there are
 * no files, as in a browser.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../src/export/c/', import.meta.url);
const path = (name: string): string => fileURLToPath(new URL(name, folder));

/** The module that has the text of runtime.c. */
export function embeddedRuntime(): string {
  const text = readFileSync(path('runtime.c'), 'utf8');
  if (/`|\$\{/.test(text)) throw new Error('runtime.c has what ends or opens a template');
  return (
    '/** The text of runtime.c, put here by scripts/embed.ts. */\n' +
    `export const runtimeText: string = String.raw\`${text}\`;\n`
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(path('runtime_text.ts'), embeddedRuntime());
}
