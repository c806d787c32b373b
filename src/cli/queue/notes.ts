/** Notes of all modules that this process loads, so that those of a program can be sent elsewhere. */
import * as nodeModule from 'node:module';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { registerRules } from '../loader.ts';
import type { Loaded } from '../tracking_hooks.ts';
import { type Context, type Note, noteOfImport, noteOfModule } from './noting_hooks.ts';

/** A module as it is to be run, and where its imports lead. */
export interface Noted {
  readonly url: string;
  readonly format: string;
  readonly source: string;
  readonly imports: ReadonlyMap<string, string>;
}

/** What was noted so far. */
export class Notes {
  private readonly loaded: Map<string, { format: string; source: string }> = new Map();
  private readonly imports: Map<string, Map<string, string>> = new Map();
  /** Where the program begins that was imported last. */
  private entry = '';
  private readonly drain: () => void;

  constructor(drain: () => void) {
    this.drain = drain;
  }

  readonly take = (note: Note): void => {
    if ('source' in note) {
      this.loaded.set(note.url, note);
      return;
    }
    const { from, specifier, url } = note;
    if (from === loaderUrl && specifier.startsWith('file:')) this.entry = url;
    const others = this.imports.get(from) ?? new Map<string, string>();
    this.imports.set(from, others.set(specifier, url));
  };

  /** The program that was loaded last: its first module, and all that it leads to by their URLs. */
  program(): readonly [entry: string, module: (url: string) => Noted | null] {
    this.drain();
    return [
      this.entry,
      (url) => {
        const loaded = this.loaded.get(url);
        if (loaded === undefined) return null;
        return { url, ...loaded, imports: this.imports.get(url) ?? new Map() };
      },
    ];
  }
}

const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const loaderUrl = new URL(`../loader.${ending}`, import.meta.url).href;

type Hooks = {
  resolve(specifier: string, context: Context, next: NextResolve): { url: string };
  load(url: string, context: unknown, next: NextLoad): Loaded;
};
type NextResolve = (specifier: string, context: Context) => { url: string };
type NextLoad = (url: string, context: unknown) => Loaded;

/** Of this process. */
const made: Notes[] = [];

/** From here on modules are noted as they are, before they are rewritten: so it comes before that. */
export async function noteModules(): Promise<Notes> {
  const [known] = made;
  if (known !== undefined) return known;
  await registerRules();
  const { registerHooks } = nodeModule as { registerHooks?: (hooks: Hooks) => void };
  const notes = registerHooks === undefined ? noteInOtherThread() : noteHere(registerHooks);
  made.push(notes);
  return notes;
}

function noteHere(registerHooks: (hooks: Hooks) => void): Notes {
  const notes = new Notes(() => {});
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      notes.take(noteOfImport(specifier, context, found.url));
      return found;
    },
    load(url, context, next) {
      const found = next(url, context);
      if (url.startsWith('file:')) notes.take(noteOfModule(url, found));
      return found;
    },
  });
  return notes;
}

/** For Node 20. */
function noteInOtherThread(): Notes {
  const { port1, port2 } = new MessageChannel();
  nodeModule.register(new URL(`./noting_hooks.${ending}`, import.meta.url), {
    data: port2,
    transferList: [port2],
  });
  port1.unref();
  const notes: Notes = new Notes(() => {
    for (let one = receiveMessageOnPort(port1); one !== undefined; ) {
      notes.take(one.message as Note);
      one = receiveMessageOnPort(port1);
    }
  });
  return notes;
}
