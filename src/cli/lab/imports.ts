/** What solutions may import: on the pages there is epollsim, and nothing of Node's or of a registry. */

const statement =
  /^[ \t]*import\s+(?!type\b)([^'"`;()]*?)\s*from\s*(['"])([^'"\n]+)\2|^[ \t]*import\s*(['"])([^'"\n]+)\4|\b(?:import|require)\s*\(\s*(['"])([^'"\n]+)\6/gm;

/** The name of a module that a program needs, and that no page has; null if there is none. */
export function strangeImport(text: string): string | null {
  for (const found of text.matchAll(statement)) {
    const [all, names = '', , from, , bare, , called] = found;
    const name = from ?? bare ?? called ?? '';
    if (/^\.{0,2}\/|^epollsim$/.test(name)) continue;
    // What is imported and not used is taken out with the types, as editors add much.
    if (from !== undefined && !isUsed(names, text.replace(all, ''))) continue;
    return name;
  }
  return null;
}

function isUsed(clause: string, rest: string): boolean {
  const names = clause.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? [];
  const used = new Set(rest.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? []);
  return names.some((name) => name !== 'as' && name !== 'type' && used.has(name));
}
