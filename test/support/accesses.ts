/**
 * Hears of each access to shared memory from the copies of the kernel's sources that
 * scripts/accesses.ts makes, while somebody listens.
 */
import Denque from 'denque';

/** A place in the sources. */
export interface Site {
  /** `src/kernel/file.ts:12`. */
  readonly at: string;
  readonly fn: string;
  /** `class.property`, as the types have it. */
  readonly what: string;
}

/** All of a container: how many there are, and in what order. */
export const WHOLE: unique symbol = Symbol('whole');

/** One access, before it happens. */
export interface Access {
  readonly object: object;
  /** A property, an index, a key of a map, or WHOLE. */
  readonly key: unknown;
  readonly write: boolean;
  /** What is written, where that is known. */
  readonly value: unknown;
}

export type Listener = (access: Access, site: Site) => void;

let listener: Listener | null = null;

export function listen(to: Listener | null): void {
  listener = to;
}

/** Where containers are kept, for reports. */
const homes = new WeakMap<object, string>();
export const homeOf = (container: object): string | undefined => homes.get(container);

export const isContainer = (value: unknown): value is object =>
  Array.isArray(value) ||
  value instanceof Map ||
  value instanceof Set ||
  value instanceof Denque ||
  ArrayBuffer.isView(value);

// Methods of containers that change them; all others look.
const writers = new Set(
  (
    'push pop shift unshift splice sort reverse fill copyWithin clear remove removeOne set add ' +
    'delete setUint8 setUint16 setUint32 setInt32 setBigUint64 setBigInt64 setInt8 setInt16'
  ).split(' '),
);
const removers = new Set(['pop', 'shift', 'splice', 'clear']);
const sizeOf = (container: object): unknown =>
  'length' in container ? container.length : 'size' in container ? container.size : undefined;
const keyed = new Set(['get', 'has', 'set', 'add', 'delete']);

type Bag = Record<PropertyKey, unknown>;

function tell(object: unknown, key: unknown, write: boolean, site: Site, value?: unknown): void {
  if (listener === null || object === null || typeof object !== 'object') return;
  if (ArrayBuffer.isView(object)) {
    if (key === 'length' || key === 'byteLength') return;
    const home = homes.get(object);
    if (home !== undefined) homes.set(object.buffer, home);
    listener({ object: object.buffer, key: WHOLE, write, value }, site);
  } else if (isContainer(object)) {
    const index = typeof key === 'number' || (typeof key === 'string' && /^\d+$/.test(key));
    const grows = write && Array.isArray(object) && index && Number(key) >= object.length;
    if (grows) listener({ object, key: 'length', write: true, value }, site);
    listener({ object, key: index ? String(key) : key, write, value }, site);
  } else {
    listener({ object, key, write, value }, site);
  }
}

function kept(value: unknown, site: Site, key?: string): void {
  if (listener === null || !isContainer(value) || homes.has(value)) return;
  homes.set(value, key === undefined ? site.what : site.what + key);
}

function* each<T>(items: Iterable<T>, site: Site, keys?: string[], item?: Site): Generator<T> {
  const through = items as Iterable<T> & object;
  for (const one of through) {
    tell(items, WHOLE, false, site);
    for (const key of keys ?? []) tell(one, key, false, item as Site);
    yield one;
  }
  tell(items, WHOLE, false, site);
}

/** What the copies call. */
const copies = {
  sites: (path: string, places: readonly string[]): Site[] =>
    places.map((place) => {
      const [line, fn = '', ...what] = place.split(' ');
      return { at: `${path}:${line}`, fn, what: what.join(' ') };
    }),
  /** A read. */
  r(object: Bag, key: PropertyKey, site: Site): unknown {
    tell(object, key, false, site);
    const value = object[key];
    kept(value, site);
    return value;
  },
  /** A read at the end of an optional chain. */
  ro: (object: Bag | null | undefined, key: PropertyKey, site: Site): unknown =>
    object === null || object === undefined ? undefined : copies.r(object, key, site),
  /** A write that the caller makes. */
  w(object: Bag, key: PropertyKey, site: Site): Bag {
    tell(object, key, true, site);
    return object;
  },
  /** An assignment; one that leaves things as they are only looks. */
  a(object: Bag, key: PropertyKey, value: unknown, site: Site): unknown {
    tell(object, key, !Object.is(object[key], value), site, value);
    object[key] = value;
    kept(value, site);
    return value;
  },
  /** A read and a write; the new value. */
  m(object: Bag, key: PropertyKey, change: (was: unknown) => unknown, site: Site): unknown {
    return copies.a(object, key, change(copies.r(object, key, site)), site);
  },
  /** The same, with the old value. */
  mp(object: Bag, key: PropertyKey, change: (was: unknown) => unknown, site: Site): unknown {
    const was = copies.r(object, key, site);
    copies.a(object, key, change(was), site);
    return was;
  },
  /** A read, and a write if there is nothing. */
  l(object: Bag, key: PropertyKey, site: Site): Bag {
    tell(object, key, false, site);
    if (object[key] === null || object[key] === undefined) tell(object, key, true, site);
    return object;
  },
  /** The object whose method is called. */
  c(object: Bag | null | undefined, key: PropertyKey, site: Site, first?: unknown): unknown {
    if (object === null || object === undefined || listener === null) return object;
    if (isContainer(object)) {
      const name = String(key);
      const single = keyed.has(name) && (object instanceof Map || object instanceof Set);
      if (name === 'push' && Array.isArray(object)) {
        tell(object, object.length, true, site);
        return object;
      }
      const write = writers.has(name) && !(removers.has(name) && sizeOf(object) === 0);
      tell(object, single && first !== undefined ? first : WHOLE, write, site);
    } else if (typeof object === 'object' && Object.hasOwn(object, key)) {
      tell(object, key, false, site);
    }
    return object;
  },
  /** An object of which some properties are read. */
  d(object: Bag, keys: readonly string[], site: Site): Bag {
    for (const key of keys) {
      tell(object, key, false, site);
      kept(object[key], site, key);
    }
    return object;
  },
  /** A container, or an object, of which all is read. */
  i<T>(items: T, site: Site): T {
    tell(items, WHOLE, false, site);
    return items;
  },
  /** What a loop goes through. */
  f: <T>(items: Iterable<T>, site: Site, keys?: string[], item?: Site): Iterable<T> =>
    listener === null ? items : each(items, site, keys, item),
};
export default copies;
