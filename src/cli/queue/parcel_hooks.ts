/** Hooks of Node that load the modules of a parcel, where a worker has unpacked it. */
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ownModules } from '../../shared/home.ts';
import type { Loaded } from '../tracking_hooks.ts';
import type { Context } from './noting_hooks.ts';
import type { Parcel, ParcelModule, Target } from './parcel.ts';

/** Where parcels are unpacked, and packages are looked for. */
export interface Places {
  /** The URL of a folder that has a folder for each parcel. */
  readonly root: string;
  /** The URL of the folder the worker runs in. */
  readonly home: string;
}

/** The file of a parcel in its folder. */
export const parcelFile = 'parcel.json';

/** The address of a module of a parcel: no such file is there. */
export const moduleUrl = (folder: string, number: number, { name }: ParcelModule): string =>
  `${folder}/${number}/${encodeURIComponent(name)}`;

type Resolved = { url: string; format?: string | null; shortCircuit?: boolean };

export class ParcelRules {
  private readonly places: Places;
  private readonly parcels: Map<string, readonly ParcelModule[]> = new Map();

  constructor(places: Places) {
    this.places = places;
  }

  /** Where an import leads, or who is to look for it; null where it is none of a parcel. */
  route(specifier: string, { parentURL = '' }: Context): Resolved | Context | null {
    const entry = this.find(specifier);
    if (entry !== null) return found(specifier, entry.module);
    const parent = this.find(parentURL);
    if (parent === null) return null;
    const target: Target | undefined = parent.module.imports[specifier];
    if (target === undefined) return isBare(specifier) ? { parentURL: this.places.home } : null;
    if (typeof target === 'object')
      return { url: ownModules + target.own, format: 'module', shortCircuit: true };
    const module = parent.modules[target] as ParcelModule;
    return found(moduleUrl(parent.folder, target, module), module);
  }

  load(url: string): Loaded | null {
    const at = this.find(url);
    if (at === null) return null;
    const { format, source } = at.module;
    return { format, source, shortCircuit: true };
  }

  /** What to say of a package that is not there. */
  missing(specifier: string, parentURL: string | undefined, error: unknown): Error {
    const { shown } = (this.find(parentURL ?? '') as Found).module;
    const { message } = error as Error;
    const where = fileURLToPath(new URL('.', this.places.home));
    return new Error(
      `${shown} imports "${specifier}", which is looked for from ${where}, where the worker runs: ${message}`,
    );
  }

  private find(url: string): Found | null {
    if (!url.startsWith(this.places.root)) return null;
    const [digest = '', number = ''] = url.slice(this.places.root.length + 1).split('/');
    const folder = `${this.places.root}/${digest}`;
    const modules = this.parcels.get(folder) ?? readModules(folder);
    this.parcels.set(folder, modules);
    const module = modules[Number(number)];
    return module === undefined ? null : { folder, modules, module };
  }
}

interface Found {
  readonly folder: string;
  readonly modules: readonly ParcelModule[];
  readonly module: ParcelModule;
}

function readModules(folder: string): readonly ParcelModule[] {
  const text = readFileSync(new URL(`${folder}/${parcelFile}`), 'utf8');
  const parcel = JSON.parse(text) as Parcel;
  return parcel.kind === 'program' ? parcel.modules : [];
}

const found = (url: string, { format }: ParcelModule): Resolved => ({
  url,
  format,
  shortCircuit: true,
});

const isBare = (specifier: string): boolean =>
  !/^(?:[./]|[a-z]+:)/.test(specifier) && !builtinModules.includes(specifier);

/** What is looked for there is looked for from this folder. */
export const fromFolder = (path: string): string => pathToFileURL(`${path}/worker.js`).href;

// For Node 20, where modules are looked for in another thread.
type Next<T> = (first: string, context: Context) => Promise<T>;
const registered: ParcelRules[] = [];

export function initialize(places: Places): void {
  registered.push(new ParcelRules(places));
}

export async function resolve(
  specifier: string,
  context: Context,
  next: Next<Resolved>,
): Promise<Resolved> {
  const [rules] = registered as [ParcelRules];
  const { parentURL } = context; // Who looks next may change the context.
  const way = rules.route(specifier, context);
  if (way === null) return await next(specifier, context);
  if ('url' in way) return way;
  try {
    return await next(specifier, { ...context, ...way });
  } catch (error) {
    throw rules.missing(specifier, parentURL, error);
  }
}

export async function load(url: string, context: Context, next: Next<Loaded>): Promise<Loaded> {
  const [rules] = registered as [ParcelRules];
  return rules.load(url) ?? (await next(url, context));
}
