/** Where the site is, and what it holds: programs, schedules, starters, the model's source. */

/** What the address of every page of the site begins with; the theme sets it. */
let base = '/';

export function setBase(address: string): void {
  base = address;
}

type Texts = Readonly<Record<string, () => Promise<string>>>;

const programs: Texts = import.meta.glob<string>('../programs/*.ts', {
  query: '?raw',
  import: 'default',
});
const schedules: Texts = import.meta.glob<string>('../programs/*.schedule', {
  query: '?raw',
  import: 'default',
});
const starters: Texts = import.meta.glob<string>('../tasks/*/starter.ts', {
  query: '?raw',
  import: 'default',
});

/** The names of all programs, sorted. */
export const programNames: readonly string[] = Object.keys(programs)
  .map((path) => path.slice('../programs/'.length, -'.ts'.length))
  .sort();

async function textAt(texts: Texts, path: string, what: string): Promise<string> {
  const load = texts[path];
  if (load === undefined) throw new Error(`there is no ${what}`);
  return load();
}

/** Throws an Error where there is no such program. */
export const programText = (name: string): Promise<string> =>
  textAt(programs, `../programs/${name}.ts`, `program ${name}`);

export const scheduleText = (name: string): Promise<string> =>
  textAt(schedules, `../programs/${name}.schedule`, `schedule ${name}`);

export const starterText = (lab: number): Promise<string> =>
  textAt(starters, `../tasks/${String(lab).padStart(2, '0')}/starter.ts`, `starter of lab ${lab}`);

/** The labs that have a task. */
export const taskNumbers: readonly number[] = Object.keys(starters)
  .map((path) => Number(/\d+/.exec(path)?.[0]))
  .sort((a, b) => a - b);

let places: ReadonlyMap<string, string> | null = null;

/** Loads what `sourceOf` knows. */
export async function loadSources(): Promise<void> {
  if (places !== null) return;
  const { default: files } = await import('virtual:epollsim/functions');
  const found = new Map<string, string>();
  for (const [file, functions] of Object.entries(files)) {
    const page = `source/${file.replace(/\.ts$/, '.html')}`;
    for (const [name, line] of Object.entries(functions)) found.set(name, `${page}#L${line}`);
  }
  places = found;
}

/** The address of a function in the model's source; null where it is not known. */
export function sourceOf(fn: string): string | null {
  const page = places?.get(fn);
  return page === undefined ? null : `${base}${page}`;
}
