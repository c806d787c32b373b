/** Hooks of Node that note which modules are loaded, and who imports them by which words. */
import type { MessagePort } from 'node:worker_threads';
import type { Loaded } from '../tracking_hooks.ts';

/** One module imports another one; or a module is loaded, as what is to be run. */
export type Note =
  | { readonly from: string; readonly specifier: string; readonly url: string }
  | { readonly url: string; readonly format: string; readonly source: string };

export interface Context {
  readonly parentURL?: string;
}

/** Where modules are looked for by another thread, with words for the one that wants to know. */
type Resolve = (specifier: string, context: Context) => Promise<{ url: string }>;
type Load = (url: string, context: unknown) => Promise<Loaded>;

export const noteOfImport = (
  specifier: string,
  { parentURL = '' }: Context,
  url: string,
): Note => ({
  from: parentURL,
  specifier,
  url,
});

export function noteOfModule(url: string, { format, source = null }: Loaded): Note {
  const text =
    typeof source === 'string' || source === null
      ? (source ?? '')
      : new TextDecoder().decode(source as Uint8Array);
  return { url, format: format ?? 'none', source: text };
}

// For Node 20.
const ports: MessagePort[] = [];

export function initialize(port: MessagePort): void {
  ports.push(port);
}

const tell = (note: Note): void => {
  for (const port of ports) port.postMessage(note);
};

export async function resolve(specifier: string, context: Context, next: Resolve): Promise<object> {
  const found = await next(specifier, context);
  tell(noteOfImport(specifier, context, found.url));
  return found;
}

export async function load(url: string, context: unknown, next: Load): Promise<Loaded> {
  const found = await next(url, context);
  if (url.startsWith('file:')) tell(noteOfModule(url, found));
  return found;
}
