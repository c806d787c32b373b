/**
 * What rewritten programs tell of the memory that their threads may share; see ../shared/rewrite.ts.
 *
 * Each variable has a number, by which footprints know it. An object counts as a part of every
 * variable that leads to it; variables that lead to the same object count as one from then on.
 *
 * What a thread keeps a reference of it may touch at any time, unseen: from then on it touches that
 * with each call of its program, and the code behind a call goes with it.
 */
import { current } from '../kernel/current.ts';
import { looksAt, writesTo } from '../kernel/footprint.ts';
import type { Globals, TouchedHow } from '../kernel/globals.ts';
import type { task_struct } from '../kernel/sched.ts';
import { goesAlong } from '../kernel/user_mode.ts';
import { Sys } from '../syscalls/sys.ts';

/** What is known of the objects of programs. */
const parts: WeakMap<object, number> = new WeakMap();
/** Variables that lead to the same object. */
const families: Map<number, Set<number>> = new Map();
/** What tasks keep references of. */
const kept: WeakMap<task_struct, Set<number>> = new WeakMap();
/** Variables that hold what the system calls are made by. */
const callers: Set<number> = new Set();
/** How many objects a variable may lead to: where there are more, any memory may be touched. */
const objectsAtMost = 10_000;
/** Those that lead to more: nobody goes through them again. */
const huge: Set<number> = new Set();

/** Of the modules that were loaded. */
const modules = { followed: 0, refused: [] as string[] };

/** A module was rewritten. */
export function follow(): void {
  modules.followed++;
}

/** A module could not be rewritten, and why. */
export function refuse(why: string): void {
  modules.refused.push(why);
}

/** Why what the threads of the program share is not told, or not all of it; null if it is. */
export const refusal = (): string | null =>
  modules.refused[0] ??
  (modules.followed === 0 ? 'the program was not loaded by the command' : null);

/** Machines that have had more than one task. */
const crowded: WeakSet<Globals> = new WeakSet();
/** What variables led to while there was one: it is gone through when there are more. */
const before: WeakMap<Globals, Map<number, Set<object>>> = new WeakMap();

/** Does anybody listen? */
function isHeard(): boolean {
  const kernel = (current as task_struct | undefined)?.kernel;
  if (kernel === undefined) return false;
  if (kernel.live > 1 && !crowded.has(kernel)) {
    crowded.add(kernel);
    for (const [variable, values] of before.get(kernel) ?? []) {
      for (const value of values) join(variable, value);
    }
    before.delete(kernel);
  }
  return kernel.touchProgramMemory === touchKept; // What is kept in steps that are known, too.
}

/** What a task does before there is another one comes before all that others do. */
const isAlone = (): boolean => !crowded.has(current.kernel);

/** For a person: what is touched, by its name, is told to whoever listens. */
function tell(variable: number, place: string, how: TouchedHow): void {
  const kernel = (current as task_struct | undefined)?.kernel;
  if (kernel === undefined || kernel.touched === null) return;
  const family = families.get(variable);
  kernel.touched(family === undefined ? variable : Math.min(...family), place, how);
}

/** The same where it has a method called, `queue.push()`, or something of it looked at or changed. */
function tellUse(variable: number, place: string, isPlain: boolean): void {
  const method = /^(.*)\.#?(\w+)\(\)$/.exec(place);
  if (method === null) tell(variable, place, 'writes');
  else if (isPlain) {
    const [, owner = '', called = ''] = method;
    tell(variable, owner, lookers.has(called) ? 'reads' : changers.has(called) ? 'writes' : 'uses');
  }
}

/** A variable has got its first value, which may have other names. */
export function given(variable: number, value: unknown): void {
  if (isHeard()) joinInTime(variable, value);
}

/** A variable is read whose value is no object. */
export function read(variable: number, place: string): void {
  tell(variable, place, 'reads');
  if (isHeard()) looksAt(variable);
}

/** A variable has been given `value`. */
export function wrote<T>(variable: number, place: string, value: T): T {
  tell(variable, place, 'writes');
  if (!isHeard()) return value;
  touch(variable, writesTo);
  keep(variable, value);
  return value;
}

/** The second of two things that are done one after the other. */
export const second = <T>(_first: void, value: T): T => value;

/** A shared object is read, and whoever reads it may keep it. */
export function alias<T>(variable: number, place: string, changes: boolean, value: T): T {
  if (changes) tell(variable, place, 'reads');
  if (!isHeard()) return value;
  if (changes) looksAt(variable);
  keep(variable, value);
  return value;
}

/** As alias(), where the object gets a name the uses of which are told of. */
export function lead<T>(variable: number, place: string, changes: boolean, value: T): T {
  if (changes) tell(variable, place, 'reads');
  if (!isHeard()) return value;
  if (changes) looksAt(variable);
  joinInTime(variable, value);
  return value;
}

/** As alias(), where nothing can be kept. */
export function lend<T>(variable: number, place: string, changes: boolean, value: T): T {
  return changes || isObject(value) ? look(variable, place, value) : value;
}

/** Something of a shared object is read. */
export function look<T>(variable: number, place: string, value: T): T {
  tell(variable, place, 'reads');
  if (!isHeard()) return value;
  joinInTime(variable, value);
  if (!isAlone()) touch(variable, looksAt);
  return value;
}

/** Something is done to a shared object, by calling its `method` if that is not null. */
export function use<T>(variable: number, place: string, method: string | null, value: T): T {
  if (!(value instanceof Sys))
    tellUse(variable, place, method === null || isBuiltIn(value, method));
  if (!isHeard()) return value;
  if (value instanceof Sys) callers.add(variable);
  if (callers.has(variable)) return value;
  joinInTime(variable, value);
  if (isAlone()) return value;
  touch(variable, method !== null && onlyLooks(value, method) ? looksAt : writesTo);
  return value;
}

/** What came of something that was done to a shared object, or looked at in it. */
export const got = <T>(variable: number, value: T): T => cameOf([variable], value);

function cameOf<T>(variables: Iterable<number>, value: T): T {
  if (!isHeard()) return value;
  const owners = [...variables].filter((variable) => !callers.has(variable));
  for (const variable of owners) {
    found(variable, value);
    if (huge.has(variable)) keep(variable, value); // A part of it, or of something that it leads to.
  }
  return owners.length === 0 ? value : hand(value);
}

/** As got(), where it gets a name the uses of which are told of. */
export function found<T>(variable: number, value: T): T {
  if (!isHeard() || !isObject(value) || callers.has(variable)) return value;
  // Who knows what a generator, or an object with private fields, refers to?
  if (!isTransparent(value)) join(variable, value);
  return value;
}

/** A value goes to where a shared variable leads to it, and whoever gives it may keep it. */
export function pass<T>(variable: number, value: T): T {
  if (!isHeard() || callers.has(variable)) return value;
  touch(variable, writesTo); // It may have taken long to come by the value.
  keep(variable, value);
  return value;
}

// Of names that one function alone sees: what they lead to may be shared by way of a variable.

/** Something of what may be a shared object is read. */
export function glance<T>(place: string, value: T): T {
  touchKnown(place, null, value, looksAt);
  return value;
}

/** Something is done to it. */
export function reach<T>(place: string, method: string | null, value: T): T {
  const looks = method !== null && onlyLooks(value, method);
  touchKnown(place, method, value, looks ? looksAt : writesTo);
  return value;
}

/** Something goes into it. */
export function into<T>(owner: unknown, value: T): T {
  for (const variable of knownIn(owner)) pass(variable, value);
  return value;
}

/** Something came out of it. */
export function came<T>(owner: unknown, value: T): T {
  return cameOf(knownIn(owner), value);
}

/** It may go anywhere, and be touched unseen. */
export function hand<T>(value: T): T {
  for (const variable of knownIn(value)) keep(variable, value);
  return value;
}

/** A loop goes through it: it looks at it again each time. */
export function each<T>(place: string, value: Iterable<T>): Iterable<T> {
  if (!isHeard()) return value;
  return {
    [Symbol.iterator](): Iterator<T> {
      const iterator = value[Symbol.iterator]();
      const looks = isTransparent(value);
      const next = (): IteratorResult<T> => {
        touchKnown(place, null, value, looks ? looksAt : writesTo);
        return iterator.next();
      };
      return { next, return: (last) => iterator.return?.(last) ?? { done: true, value: last } };
    },
  };
}

function touchKnown(
  place: string,
  method: string | null,
  value: unknown,
  how: (identity: number) => void,
): void {
  for (const variable of knownIn(value)) {
    if (how === looksAt && method === null) tell(variable, place, 'reads');
    else tellUse(variable, place, method === null || isBuiltIn(value, method));
    touch(variable, how);
  }
}

/** The variables that lead to parts of what a value leads to, which become parts of them with all they lead to. */
function knownIn(value: unknown): Iterable<number> {
  if (!isObject(value) || value instanceof Sys || !isHeard() || isAlone()) return [];
  const known = new Set<number>();
  for (const object of reachable(value)) {
    const variable = parts.get(object);
    if (variable === undefined) continue;
    known.add(variable);
    for (const inner of inside(object)) {
      if (isObject(inner) && !(inner instanceof Sys) && !parts.has(inner))
        parts.set(inner, variable);
    }
  }
  return known;
}

/** The steps of a task's program touch, unseen, what it keeps. */
export function touchKept(): void {
  if (huge.size > 0) writesTo(current.kernel.programMemory);
  else for (const variable of kept.get(current) ?? []) touch(variable, writesTo);
}

/** All that the running task's program does it tells of: what it does behind a call is seen to be that. */
export const keepsNothing = (): boolean => !kept.has(current) || goesAlong();

/**
 * From here on any thread may touch all memory of its program, whatever it tells: for code that goes
 * on in steps of others, as async functions do. What is given back undoes that; null where nothing
 * was told.
 */
export function shareAll(kernel: Globals): (() => void) | null {
  if (kernel.touchProgramMemory !== touchKept) return null;
  kernel.touchProgramMemory = () => writesTo(kernel.programMemory);
  kernel.returnIsStep = goesAlong;
  return () => {
    kernel.touchProgramMemory = touchKept;
    kernel.returnIsStep = keepsNothing;
  };
}

function keep(variable: number, value: unknown): void {
  if (!isObject(value) || value instanceof Sys) return;
  join(variable, value);
  const variables = kept.get(current);
  if (variables === undefined) kept.set(current, new Set([variable]));
  else variables.add(variable);
}

/** As join(), put off while there is one task. */
function joinInTime(variable: number, value: unknown): void {
  if (!isObject(value) || value instanceof Sys) return;
  if (!isAlone()) {
    join(variable, value);
    return;
  }
  const { kernel } = current;
  const variables = before.get(kernel) ?? new Map<number, Set<object>>();
  before.set(kernel, variables);
  variables.set(variable, (variables.get(variable) ?? new Set()).add(value));
}

function touch(variable: number, how: (identity: number) => void): void {
  for (const one of families.get(variable) ?? [variable]) how(one);
}

/** The object, and all that it leads to, counts as a part of the variable. */
function join(variable: number, value: unknown): void {
  if (!isObject(value) || value instanceof Sys || huge.has(variable)) return;
  const found = reachable(value);
  if (found.size > objectsAtMost) huge.add(variable);
  for (const object of found) {
    const known = parts.get(object);
    if (known === undefined) parts.set(object, variable);
    else if (known !== variable) unite(known, variable);
  }
}

function unite(one: number, other: number): void {
  const family = families.get(one) ?? new Set([one]);
  if (family.has(other)) return;
  for (const variable of families.get(other) ?? [other]) family.add(variable);
  for (const variable of family) families.set(variable, family);
}

function reachable(value: object): Set<object> {
  const seen = new Set([value]);
  for (const object of seen) {
    for (const inner of inside(object))
      if (isObject(inner) && !(inner instanceof Sys)) seen.add(inner);
    if (seen.size > objectsAtMost) break;
  }
  return seen;
}

/** What an object refers to, as far as that can be seen. */
function inside(object: object): Iterable<unknown> {
  if (Array.isArray(object)) return object;
  if (object instanceof Map) return [...object.keys(), ...object.values()];
  if (object instanceof Set) return object;
  if (ArrayBuffer.isView(object)) return [object.buffer];
  return Object.values(Object.getOwnPropertyDescriptors(object)).map(({ value }) => value);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Is all that it refers to to be seen? */
function isTransparent(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  const known: unknown[] = [Object.prototype, Array.prototype, Map.prototype, Set.prototype, null];
  return known.includes(prototype) || ArrayBuffer.isView(value);
}

const lookers: ReadonlySet<string> = new Set([
  ...['at', 'entries', 'every', 'find', 'findIndex', 'findLast', 'flat', 'forEach', 'get', 'has'],
  ...['includes', 'indexOf', 'join', 'keys', 'lastIndexOf', 'map', 'filter', 'reduce', 'slice'],
  ...['some', 'subarray', 'toString', 'values', 'concat', 'toSorted', 'toReversed'],
]);

/** Those that only change. */
const changers: ReadonlySet<string> = new Set([
  ...['add', 'clear', 'copyWithin', 'delete', 'fill', 'pop', 'push', 'reverse', 'set', 'shift'],
  ...['sort', 'splice', 'unshift'],
]);

/** Is it a method of arrays, maps or sets that changes nothing? */
function onlyLooks(value: unknown, method: string): boolean {
  return isBuiltIn(value, method) && lookers.has(method);
}

/** Is it a method of arrays, maps, sets or memory? */
function isBuiltIn(value: unknown, method: string): boolean {
  const isOurs = isObject(value) && Object.hasOwn(value, method);
  return !isOurs && (Array.isArray(value) || (isObject(value) && isTransparent(value)));
}
