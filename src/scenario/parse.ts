/**
 * From a JSON value to a scenario: everything that can be known to be wrong is found here.
 *
 * A document is checked in this order: its keys, `version`, `name`, `about`, `mode`, `threads`,
 * `steps`, `concurrent`, `after`. A step is checked in this one: call, thread, keys, arguments, `bind`;
 * and of its arguments first whether there is an unknown one, then whether one is missing, then
 * each in the order of the table. The first mistake is the one that is reported.
 */
import * as errors from './errors.ts';
import { quote, ScenarioError, stepError } from './errors.ts';
import { type Context, isObject, type Kind } from './kinds.ts';
import type { FdRef, Scenario, Step } from './scenario.ts';
import { type CallName, calls } from './schema.ts';
import type { Argument, CallSpec, Version } from './spec.ts';

type Json = Readonly<Record<string, unknown>>;

/** A call's row with its arguments as a list, so that no step has to ask for it again. */
interface Row {
  readonly name: CallName;
  readonly spec: CallSpec<Record<string, unknown>>;
  readonly args: readonly (readonly [name: string, argument: Argument<unknown>])[];
}

/** The calls that a version has, each with the arguments that it has there. */
function rowsOf(version: Version): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const [name, call] of Object.entries(calls)) {
    const spec = call as unknown as CallSpec<Record<string, unknown>>;
    if ((spec.since ?? 1) > version) continue;
    const args = Object.entries(spec.args).filter(([, { since }]) => since <= version);
    rows.set(name, { name: name as CallName, spec, args });
  }
  return rows;
}

const rowsByVersion: Readonly<Record<Version, ReadonlyMap<string, Row>>> = {
  1: rowsOf(1),
  2: rowsOf(2),
};

const documentKeys: ReadonlySet<string> = new Set([
  'version',
  'name',
  'about',
  'mode',
  'threads',
  'steps',
  'concurrent',
  'after',
]);
const stepKeys: ReadonlySet<string> = new Set(['thread', 'call', 'args', 'bind']);
const noArgs: Json = {};
const noNames: readonly FdRef[] = [];

/**
 * The scenario that a JSON value describes.
 *
 * @throws ScenarioError with the step and the key that are wrong
 */
export function parseScenario(value: unknown): Scenario {
  if (!isObject(value)) throw new ScenarioError('the document is not an object');
  for (const key of Object.keys(value)) {
    if (!documentKeys.has(key)) throw new ScenarioError(`unknown key ${quote(key)}`);
  }
  const version = parseVersion(value['version']);
  const name = optionalString(value, 'name');
  if (name === '') throw new ScenarioError('"name" is empty');
  if (hasControl(name ?? '')) throw new ScenarioError('"name" has a control character');
  const about = optionalString(value, 'about') ?? '';
  const concurrent = parseMode(value);
  const threads = parseThreads(value['threads']);
  const reader = new StepReader(version, threads);

  const steps = reader.steps(listOf(value, 'steps'), '', undefined);
  const lists = concurrent ? parseConcurrent(value['concurrent'], reader) : threads.map(() => []);
  const after = value['after'] === undefined ? [] : listOf(value, 'after');
  return {
    name: name ?? null,
    about,
    mode: concurrent ? 'concurrent' : 'lockstep',
    threads,
    names: reader.names,
    steps,
    concurrent: lists,
    after: reader.steps(after, 'after', undefined),
  };
}

function parseVersion(value: unknown): Version {
  if (value === undefined) return 1;
  if (value === 1 || value === 2) return value;
  throw new ScenarioError(`"version" is ${JSON.stringify(value)}, expected 1 or 2`);
}

/** It would be carried out by a terminal, and cut a line in two. */
const hasControl = (text: string): boolean => /\p{Cc}/u.test(text);

function optionalString(value: Json, key: string): string | undefined {
  const text = value[key];
  if (text === undefined || typeof text === 'string') return text;
  throw new ScenarioError(`${quote(key)} is not a string`);
}

function listOf(value: Json, key: string): readonly unknown[] {
  const list = value[key];
  if (list === undefined) throw new ScenarioError(`missing ${quote(key)}`);
  if (!Array.isArray(list)) throw new ScenarioError(`${quote(key)} is not a list`);
  return list;
}

/** Whether the scenario is a concurrent one, with the keys that go with it. */
function parseMode(value: Json): boolean {
  const mode = optionalString(value, 'mode');
  if (mode === 'concurrent') {
    if (value['concurrent'] === undefined) throw new ScenarioError('missing "concurrent"');
    return true;
  }
  if (mode !== undefined) throw new ScenarioError(`unknown mode ${quote(mode)}`);
  for (const key of ['concurrent', 'after']) {
    if (value[key] === undefined) continue;
    throw new ScenarioError(`${quote(key)} is for scenarios with "mode": "concurrent"`);
  }
  return false;
}

function parseThreads(value: unknown): readonly string[] {
  if (value === undefined) return ['main'];
  if (!Array.isArray(value)) throw new ScenarioError('"threads" is not a list');
  if (value.length === 0) throw new ScenarioError('"threads" is empty');
  const names = new Set<string>();
  for (const name of value as readonly unknown[]) {
    if (typeof name !== 'string') throw new ScenarioError('a name in "threads" is not a string');
    if (name === '') throw new ScenarioError('a name in "threads" is empty');
    if (hasControl(name)) {
      throw new ScenarioError('a name in "threads" has a control character');
    }
    if (names.has(name)) throw new ScenarioError(`two threads are named ${quote(name)}`);
    names.add(name);
  }
  return [...names];
}

/** A list of steps for each thread; threads that are not named have nothing to do. */
function parseConcurrent(value: unknown, reader: StepReader): readonly (readonly Step[])[] {
  if (!isObject(value)) throw new ScenarioError('"concurrent" is not an object');
  if (reader.threads.includes('after')) {
    throw new ScenarioError('a thread of a concurrent scenario cannot be named "after"');
  }
  for (const name of Object.keys(value)) {
    if (reader.threads.includes(name)) continue;
    throw new ScenarioError(`concurrent: unknown thread ${quote(name)}`);
  }
  return reader.threads.map((name, thread) => {
    const list = Object.hasOwn(value, name) ? value[name] : [];
    if (Array.isArray(list)) return reader.steps(list, `concurrent ${name}`, thread);
    throw new ScenarioError(`concurrent ${name} is not a list`);
  });
}

/** Reads the steps of one scenario, and gives each descriptor name its slot. */
class StepReader implements Context {
  readonly version: Version;
  readonly threads: readonly string[];
  readonly names: string[] = [];
  readonly begun: Set<number> = new Set();
  private readonly refs: Map<string, FdRef> = new Map();

  // The step that is being read:
  list = '';
  index = 0;

  constructor(version: Version, threads: readonly string[]) {
    this.version = version;
    this.threads = threads;
  }

  ref(name: string): FdRef {
    let ref = this.refs.get(name);
    if (ref === undefined) {
      ref = { ref: name, slot: this.names.length };
      this.names.push(name);
      this.refs.set(name, ref);
    }
    return ref;
  }

  /** Reads a list of steps; `owner` is the thread that issues them all, where one does. */
  steps(values: readonly unknown[], list: string, owner: number | undefined): readonly Step[] {
    this.list = list;
    return Array.from(values, (value, index) => {
      this.index = index;
      return this.step(value, owner);
    });
  }

  private step(value: unknown, owner: number | undefined): Step {
    if (!isObject(value)) throw stepError(this, 'not an object');
    const row = this.call(value['call']);
    const thread = this.thread(value['thread'], owner);
    for (const key of Object.keys(value)) {
      if (!stepKeys.has(key)) throw errors.unknownKey(this, key);
    }
    if (owner !== undefined && row.name === 'sleep') {
      throw stepError(this, 'sleep is not allowed in "concurrent"');
    }
    const given = value['args'] === undefined ? noArgs : value['args'];
    if (!isObject(given)) throw stepError(this, '"args" is not an object');
    const args = this.arguments(row, given);
    const bind = this.bind(row, args, value['bind']);
    const { list, index } = this;
    return { list, index, call: row.name, args, thread, bind } as unknown as Step;
  }

  private call(name: unknown): Row {
    if (name === undefined) throw stepError(this, 'missing "call"');
    if (typeof name !== 'string') throw stepError(this, '"call" is not a string');
    const rows = rowsByVersion[this.version];
    const row = rows.get(name);
    if (row !== undefined) return row;
    if (!Object.hasOwn(calls, name)) throw errors.unknownCall(this, name, rows.keys());
    throw errors.laterCall(this, name);
  }

  private thread(name: unknown, owner: number | undefined): number {
    if (name === undefined) return owner ?? 0;
    if (typeof name !== 'string') throw stepError(this, '"thread" is not a string');
    const thread = this.threads.indexOf(name);
    if (thread < 0) throw errors.unknownThread(this, name);
    if (owner !== undefined && thread !== owner) {
      throw stepError(this, `"thread" is ${quote(name)} in the list of another thread`);
    }
    return thread;
  }

  private arguments(row: Row, given: Json): Record<string, unknown> {
    const { exactlyOne, alone } = row.spec;
    const known = row.args.map(([name]) => name);
    for (const name of Object.keys(given)) {
      if (!known.includes(name)) throw errors.unknownArgument(this, name, known);
    }
    for (const [name, argument] of row.args) {
      if (argument.required && given[name] === undefined) throw errors.missingArgument(this, name);
    }
    const present = (name: string): boolean => given[name] !== undefined;
    if (exactlyOne !== undefined && !exactlyOne.some(present)) {
      throw errors.missingArgument(this, exactlyOne[0] ?? '');
    }
    const read: Record<string, unknown> = {};
    for (const [name, { kind, absent }] of row.args) {
      const value = given[name];
      read[name] = value === undefined ? absent : this.value(kind, value, name);
    }
    const [first, second] = exactlyOne?.filter(present) ?? [];
    const beside = (other: string): string => `it cannot stand beside ${errors.quote(other)}`;
    if (second !== undefined) throw errors.badArgument(this, second, beside(first ?? ''));
    const other = alone === undefined ? undefined : alone.without.find(present);
    if (alone !== undefined && present(alone.argument) && other !== undefined) {
      throw errors.badArgument(this, alone.argument, beside(other));
    }
    return read;
  }

  private value(kind: Kind<unknown>, value: unknown, name: string): unknown {
    try {
      return kind.read(value, name, this);
    } catch (error) {
      throw error instanceof ScenarioError ? errors.explained(error, kind.type, value) : error;
    }
  }

  private bind(row: Row, args: Record<string, unknown>, names: unknown): readonly FdRef[] {
    if (names === undefined) return noNames;
    if (!Array.isArray(names)) throw stepError(this, '"bind" is not a list');
    const { binds } = row.spec;
    const returned = typeof binds === 'number' ? binds : binds(args);
    if (names.length !== returned) {
      const has = count(names.length, 'name');
      const returns = count(returned, 'descriptor');
      throw stepError(this, `"bind" has ${has}, ${row.name} returns ${returns}`);
    }
    if (new Set(names).size !== names.length) throw stepError(this, '"bind" has one name twice');
    return Array.from(names, (name: unknown) => {
      if (typeof name !== 'string') throw stepError(this, 'a name in "bind" is not a string');
      if (name === '') throw stepError(this, 'a name in "bind" is empty');
      if (hasControl(name)) throw stepError(this, 'a name in "bind" has a control character');
      if (!name.startsWith('$')) return this.ref(name);
      throw stepError(this, `"bind" takes ${quote(name.slice(1))} without the "$"`);
    });
  }
}

const count = (number: number, noun: string): string =>
  `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`;
