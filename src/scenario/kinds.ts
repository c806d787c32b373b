/**
 * The kinds of arguments a call can have, and how each is read from JSON.
 *
 * A kind never converts quietly: a value that the C type does not hold is a bad argument.
 */
import type { epoll_data_t } from '../kernel/uaccess.ts';
import { SIGRTMAX, SIGUSR1, SIGUSR2 } from '../kernel/uapi/signal.ts';
import { badArgument, type Place, unknownFlag, unknownThread } from './errors.ts';
import * as flags from './flags.ts';
import type { JsonSchema } from './json_schema.ts';
import * as schemas from './json_schema.ts';
import type { Fd, FdRef } from './scenario.ts';
import type { Version } from './spec.ts';

/** What is known while the arguments of a step are read. */
export interface Context extends Place {
  readonly version: Version;
  readonly threads: readonly string[];
  /** The threads that begin with a fork. */
  readonly begun: Set<number>;
  /** The one reference of a name; a new slot where the name is new. */
  ref(name: string): FdRef;
}

export interface Kind<T> {
  /** In words, for help texts. */
  readonly type: string;
  /** Which names it takes, where it takes any. */
  readonly names?: flags.FlagFamily;
  read(value: unknown, argument: string, context: Context): T;
  /** What it takes in a version of the format, as far as JSON Schema can say it. */
  schema(version: Version): JsonSchema;
}

export interface PollEntry {
  readonly fd: Fd;
  readonly events: number;
}

export interface Port {
  readonly port: number;
}

export interface Path {
  readonly path: string;
}

/** Where something is sent: to what a descriptor is bound to, or to an address; null is AF_UNSPEC. */
export type Target = Fd | Port | Path | null;

/** What becomes of a signal; `caught` is a handler that does nothing. */
export type Handler = 'SIG_DFL' | 'SIG_IGN' | 'caught';

export const maxTransfer: number = 16 * 1024 * 1024;
/** The last descriptor that a C fd_set has room for. */
export const maxSelectFd = 1023;

const maxU64 = 0xffffffffffffffffn;

export function integer(type: string, min: number, max: number): Kind<number> {
  return {
    type,
    read(value, argument, context) {
      if (!Number.isSafeInteger(value)) throw badArgument(context, argument);
      const number = value as number;
      if (number < min || number > max) throw badArgument(context, argument);
      return number + 0; // Turns -0 into 0.
    },
    schema: () => schemas.integerFrom(min, max),
  };
}

export const int32: Kind<number> = integer('int', -0x80000000, 0x7fffffff);
/** 64 bits, as far as JSON's numbers are exact. */
export const int64: Kind<number> = integer(
  'integer',
  Number.MIN_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER,
);
export const duration: Kind<number> = integer('milliseconds', 0, 0x7fffffff);
export const port: Kind<number> = integer('port', 0, 0xffff);
export const size: Kind<number> = integer('number of bytes up to 16 MiB', 0, maxTransfer);

export const uint32: Kind<number> = {
  type: 'unsigned int',
  read(value, argument, context) {
    if (!flags.isWord(value)) throw badArgument(context, argument);
    return value >>> 0;
  },
  schema: () => schemas.wordSchema,
};

/** An ioctl's request, by its name. */
export const ioctlRequest: Kind<number> = {
  type: 'flags',
  names: flags.ioctlFamily,
  read(value, argument, context) {
    const names = context.version === 1 ? flags.ioctlFamily : flags.laterIoctlFamily;
    return flags.parseFlags(value, names, argument, context);
  },
  schema: (version) =>
    schemas.flagWordSchema(version === 1 ? flags.ioctlFamily : flags.laterIoctlFamily),
};

/** An ioctl's argument: an int; from version 2 on also by the names that it has for terminals. */
export const ioctlArg: Kind<number> = {
  type: 'int, or flags',
  read(value, argument, context) {
    if (context.version === 1 || typeof value !== 'string') {
      return int32.read(value, argument, context);
    }
    return flags.parseFlags(value, flags.ioctlArgFamily, argument, context);
  },
  schema: (version) =>
    version === 1
      ? schemas.int32Schema
      : schemas.anyOf(schemas.int32Schema, schemas.flagWordSchema(flags.ioctlArgFamily)),
};

/** Names joined by "|". */
export const flagWord = (names: flags.FlagFamily): Kind<number> => ({
  type: 'flags',
  names,
  read: (value, argument, context) => flags.parseFlags(value, names, argument, context),
  schema: () => schemas.flagWordSchema(names),
});

/** One name, or an integer. */
export const oneOf = (names: flags.FlagFamily): Kind<number> => ({
  type: 'name',
  names,
  read(value, argument, context) {
    if (typeof value !== 'string') return int32.read(value, argument, context);
    return flags.parseFlag(value, names, argument, context);
  },
  schema: () => schemas.oneNameSchema(names),
});

/** fcntl's command. */
export const fcntlCommand: Kind<number> = {
  type: 'name',
  names: flags.fcntlFamily,
  read(value, argument, context) {
    const names = context.version === 1 ? flags.fcntlFamily : flags.laterFcntlFamily;
    return oneOf(names).read(value, argument, context);
  },
  schema: (version) =>
    schemas.oneNameSchema(version === 1 ? flags.fcntlFamily : flags.laterFcntlFamily),
};

const isRef = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 1 && value.startsWith('$');

export const fd: Kind<Fd> = {
  type: 'descriptor',
  read(value, argument, context) {
    if (isRef(value)) return context.ref(value.slice(1));
    return int32.read(value, argument, context);
  },
  schema: () => schemas.anyOf(schemas.int32Schema, schemas.refSchema),
};

export const fdList: Kind<readonly Fd[]> = {
  type: 'list of descriptors',
  read(value, argument, context) {
    if (!Array.isArray(value)) throw badArgument(context, argument);
    return Array.from(value, (item: unknown) => {
      const one = fd.read(item, argument, context);
      if (typeof one === 'number' && (one < 0 || one > maxSelectFd)) {
        throw badArgument(context, argument);
      }
      return one;
    });
  },
  schema: () =>
    schemas.listSchema(schemas.anyOf(schemas.integerFrom(0, maxSelectFd), schemas.refSchema)),
};

/** The `short` of struct pollfd, as a word of its own. */
function pollEvents(value: unknown, argument: string, context: Context): number {
  if (value === undefined) return 0;
  const word = flags.parseFlags(value, flags.pollEventFamily, argument, context);
  if (word < -0x8000 || word > 0xffff) throw badArgument(context, argument);
  return word & 0xffff;
}

const pollListSchema: JsonSchema = schemas.listSchema({
  type: 'object',
  properties: {
    fd: schemas.anyOf(schemas.int32Schema, schemas.refSchema),
    events: schemas.flagWordSchema(flags.pollEventFamily, schemas.integerFrom(-0x8000, 0xffff)),
  },
  required: ['fd'],
  additionalProperties: false,
});

export const pollList: Kind<readonly PollEntry[]> = {
  type: 'list of {fd, events}',
  names: flags.pollEventFamily,
  read(value, argument, context) {
    if (!Array.isArray(value)) throw badArgument(context, argument);
    return Array.from(value, (item: unknown) => {
      if (!isObject(item)) throw badArgument(context, argument);
      for (const key of Object.keys(item)) {
        if (key !== 'fd' && key !== 'events') throw badArgument(context, argument);
      }
      return {
        fd: fd.read(item['fd'], argument, context),
        events: pollEvents(item['events'], argument, context),
      };
    });
  },
  schema: () => pollListSchema,
};

const decimal = /^(?:0|[1-9][0-9]{0,19})$/;
const decimalSchema: JsonSchema = { type: 'string', pattern: decimal.source };

/** 64 unsigned bits: an integer, or a decimal string where JSON's numbers are not exact. */
export const u64: Kind<bigint> = {
  type: 'integer or decimal string',
  read(value, argument, context) {
    const digits = typeof value === 'string' && decimal.test(value);
    if (!digits && !Number.isSafeInteger(value)) throw badArgument(context, argument);
    const number = BigInt(value as string | number);
    if (number < 0n || number > maxU64) throw badArgument(context, argument);
    return number;
  },
  schema: () => schemas.anyOf(schemas.integerFrom(0, Number.MAX_SAFE_INTEGER), decimalSchema),
};

/** The 64 bits that epoll carries: as `u64`, a negative integer, or a descriptor's number. */
export const epollData: Kind<epoll_data_t | FdRef> = {
  type: 'integer, decimal string or descriptor',
  read(value, argument, context) {
    if (isRef(value)) return context.ref(value.slice(1));
    if (typeof value === 'number') {
      const number = int64.read(value, argument, context);
      return number >= 0 ? number : BigInt.asUintN(64, BigInt(number));
    }
    const number = u64.read(value, argument, context);
    return number <= Number.MAX_SAFE_INTEGER ? Number(number) : number;
  },
  schema: () => schemas.anyOf(int64.schema(1), decimalSchema, schemas.refSchema),
};

export const text: Kind<string> = {
  type: 'text',
  read(value, argument, context) {
    // Half of a surrogate pair has no UTF-8.
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) {
      throw badArgument(context, argument);
    }
    return value;
  },
  schema: () => schemas.textSchema,
};

export const literal = <L extends string | null>(...allowed: readonly L[]): Kind<L> => ({
  type: allowed.map((value) => JSON.stringify(value)).join(' or '),
  read(value, argument, context) {
    for (const one of allowed) if (value === one) return one;
    throw badArgument(context, argument);
  },
  schema: () => ({ enum: allowed }),
});

export const orNull = <T>(kind: Kind<T>): Kind<T | null> => ({
  ...kind,
  type: `${kind.type} or null`,
  read: (value, argument, context) => (value === null ? null : kind.read(value, argument, context)),
  schema: (version) => schemas.anyOf(schemas.nullSchema, kind.schema(version)),
});

export const signalList: Kind<readonly number[]> = {
  type: 'list of signal names',
  names: flags.signalFamily,
  read(value, argument, context) {
    if (!Array.isArray(value)) throw badArgument(context, argument);
    return Array.from(value, (item: unknown) => {
      if (typeof item !== 'string') throw badArgument(context, argument);
      const sig = flags.signalFamily.get(item);
      if (sig === undefined) throw unknownFlag(context, item, flags.signalFamily.keys());
      return sig;
    });
  },
  schema: () => schemas.listSchema(schemas.nameSchema(flags.signalFamily.keys())),
};

/** SIGUSR1 and SIGUSR2 by name, or a number that delivers nothing: 0 or no signal at all. */
export const harmlessSignal: Kind<number> = {
  type: 'SIGUSR1, SIGUSR2 or an integer that delivers nothing',
  names: flags.signalFamily,
  read(value, argument, context) {
    if (typeof value === 'string') {
      const sig = flags.signalFamily.get(value);
      if (sig === undefined) throw unknownFlag(context, value, flags.signalFamily.keys());
      if (sig === SIGUSR1 || sig === SIGUSR2) return sig;
      throw badArgument(context, argument);
    }
    const sig = int32.read(value, argument, context);
    if (sig >= 1 && sig <= SIGRTMAX) throw badArgument(context, argument);
    return sig;
  },
  schema: () =>
    schemas.anyOf(
      schemas.nameSchema(['SIGUSR1', 'SIGUSR2']),
      schemas.integerFrom(-0x80000000, 0),
      schemas.integerFrom(SIGRTMAX + 1, 0x7fffffff),
    ),
};

/** Any signal, by its name. */
export const signal: Kind<number> = {
  type: 'signal name',
  names: flags.signalFamily,
  read(value, argument, context) {
    if (typeof value !== 'string') throw badArgument(context, argument);
    const sig = flags.signalFamily.get(value);
    if (sig === undefined) throw unknownFlag(context, value, flags.signalFamily.keys());
    return sig;
  },
  schema: () => schemas.nameSchema(flags.signalFamily.keys()),
};

/** The index of a thread's name. */
export const thread: Kind<number> = {
  type: 'thread',
  read(value, argument, context) {
    if (typeof value !== 'string') throw badArgument(context, argument);
    const index = context.threads.indexOf(value);
    if (index < 0) throw unknownThread(context, value);
    return index;
  },
  schema: () => ({ type: 'string' }),
};

/** A thread that this step is to begin: not the first one, and not in two steps. */
export const child: Kind<number> = {
  type: 'thread that no other step begins',
  read(value, argument, context) {
    const index = thread.read(value, argument, context);
    if (index === 0 || context.begun.has(index)) throw badArgument(context, argument);
    context.begun.add(index);
    return index;
  },
  schema: () => ({ type: 'string' }),
};

const onlyKey = (key: string, schema: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: { [key]: schema },
  required: [key],
  additionalProperties: false,
});

export const target: Kind<Target> = {
  type: 'descriptor or {port}',
  read(value, argument, context) {
    if (value === null && context.version >= 2) return null;
    if (!isObject(value)) return fd.read(value, argument, context);
    const keys = Object.keys(value).join();
    if (keys === 'path' && context.version >= 2) {
      return { path: path.read(value['path'], argument, context) };
    }
    if (keys !== 'port') throw badArgument(context, argument);
    return { port: port.read(value['port'], argument, context) };
  },
  schema: (version) =>
    version === 1
      ? schemas.anyOf(fd.schema(version), onlyKey('port', port.schema(version)))
      : schemas.anyOf(
          fd.schema(version),
          onlyKey('port', port.schema(version)),
          onlyKey('path', path.schema(version)),
          schemas.nullSchema,
        ),
};

const longestPath = 60;
const pathPart = '[A-Za-z0-9_-][A-Za-z0-9._-]*';
const pathPattern = new RegExp(`^@?${pathPart}$`);

/**
 * The name of a socket or file: a file of the scenario's own folder, `/dev/…`, or an abstract name
 * behind "@".
 */
export const path: Kind<string> = {
  type: 'path: letters, digits and . _ - behind an optional "@"',
  read(value, argument, context) {
    const fits = typeof value === 'string' && value.length <= longestPath;
    if (!fits || !pathPattern.test(value)) {
      throw badArgument(context, argument);
    }
    return value;
  },
  schema: () => ({ type: 'string', pattern: pathPattern.source, maxLength: longestPath }),
};

const device = /^\/dev\/(?:null|zero|full|random|urandom|ptmx)$/;

/** A file or folder in the scenario's own, at most one deep; the folder itself; or a device. */
export const filePath: Kind<string> = {
  type: 'path: a name, or two with a "/" between; "."; or /dev/null, zero, full, random, urandom or ptmx',
  read(value, argument, context) {
    if (typeof value === 'string' && (value === '.' || device.test(value))) return value;
    const parts = typeof value === 'string' ? value.split('/') : [];
    if (parts.length < 1 || parts.length > 2 || parts.some((part) => part.startsWith('@'))) {
      throw badArgument(context, argument);
    }
    for (const part of parts) path.read(part, argument, context);
    return value as string;
  },
  schema: () => ({
    type: 'string',
    pattern: `^(?:\\.|${device.source.slice(1, -1)}|${pathPart}(?:/${pathPart})?)$`,
  }),
};

/** A special character, or a number of tenths of a second. */
export const byte: Kind<number> = integer('number up to 255', 0, 255);
export const mode: Kind<number> = integer('mode', 0, 0o7777);

const listOf = <T>(kind: Kind<T>, type: string, longest: number): Kind<readonly T[]> => ({
  type,
  read(value, argument, context) {
    if (!Array.isArray(value) || value.length > longest) throw badArgument(context, argument);
    return Array.from(value, (item: unknown) => kind.read(item, argument, context));
  },
  schema: (version) => schemas.listSchema(kind.schema(version), { maxItems: longest }),
});

/** The pieces of one message or of one readv(). */
const mostPieces = 16;
/** SCM_MAX_FD would do; more than 253 are an error of the call. */
const mostFds = 256;

export const sizes: Kind<readonly number[]> = listOf(size, 'list of up to 16 sizes', mostPieces);
export const texts: Kind<readonly string[]> = listOf(text, 'list of up to 16 texts', mostPieces);
export const anyFds: Kind<readonly Fd[]> = listOf(fd, 'list of descriptors', mostFds);
export const fdCount: Kind<number> = integer('number of descriptors up to 256', 0, mostFds);

const fcntlArgFamily: flags.FlagFamily = new Map([...flags.openFamily, ...flags.fdFamily]);

/** Which names mean something depends on the command; all are taken with every command. */
export const fcntlArg: Kind<Fd> = {
  type: 'integer, flags or descriptor',
  names: fcntlArgFamily,
  read(value, argument, context) {
    if (isRef(value)) return context.ref(value.slice(1));
    return flags.parseFlags(value, fcntlArgFamily, argument, context);
  },
  schema: () => schemas.anyOf(schemas.refSchema, schemas.flagWordSchema(fcntlArgFamily)),
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
