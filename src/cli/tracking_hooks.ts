/**
 * Hooks of Node that rewrite the modules of a program as they are loaded, so that the checker learns
 * what its threads share; see ../shared/rewrite.ts. What comes from packages stays as it is.
 */
import { ownModules } from '../shared/home.ts';
import { rewritten } from '../shared/rewrite.ts';

export interface Loaded {
  readonly format?: string | null;
  readonly source?: unknown;
  readonly shortCircuit?: boolean;
}
type Load = (url: string, context: unknown) => Loaded | Promise<Loaded>;

const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const told = new URL(`../sim/told.${ending}`, import.meta.url).href;

/** A module as it is to be run. */
export function tracked(url: string, found: Loaded): Loaded {
  const isTheirs =
    url.startsWith('file:') && !url.startsWith(ownModules) && !/\/node_modules\//.test(url);
  if (!isTheirs || found.format !== 'module') return found;
  const { source } = found;
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array);
  return { ...found, source: rewritten(text, told) };
}

/** For Node 20, where modules are loaded by another thread. */
export const load = async (url: string, context: unknown, next: Load): Promise<Loaded> =>
  tracked(url, await next(url, context));
