/** The way to Redis, for a check that hands out parts and for workers that take them. */
import { readFileSync } from 'node:fs';
import type * as Bullmq from 'bullmq';
import type * as Ioredis from 'ioredis';
import { packageFile } from '../../shared/home.ts';
import { FileError, reasonOf, UsageError } from '../errors.ts';

/** Where the queue is. */
export interface QueueAddress {
  readonly url: string;
  /** Without the password, for messages. */
  readonly shown: string;
}

/** Before each key: the braces keep all of them on one node of a cluster. */
export const prefix = '{epollsim}';

/** How long Redis may take to answer at first, and between two attempts to reach it again, in ms. */
const connectMs = 5000;
const againMs = 500;

/** Reads `--queue`; throws a UsageError. */
export function readAddress(text: string | undefined): QueueAddress | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '') {
    return { url: text, shown: `${url.protocol}//${url.host}${url.pathname.replace(/^\/$/, '')}` };
  }
  const found = text.replace(/\/\/.*@/, '//…@');
  throw new UsageError(
    `--queue: expected redis://HOST:PORT, or rediss:// for TLS, found "${found}"`,
  );
}

export class Link {
  readonly address: string;
  readonly redis: Ioredis.Redis;
  readonly bullmq: typeof Bullmq;
  private readonly others: Ioredis.Redis[] = [];

  /** Throws a FileError where a package is missing, or Redis does not answer. */
  static async open({ url, shown }: QueueAddress): Promise<Link> {
    const [bullmq, { Redis }] = await loadPackages();
    let isOpen = false;
    const redis = new Redis(url, {
      lazyConnect: true,
      connectTimeout: connectMs,
      maxRetriesPerRequest: null,
      retryStrategy: () => (isOpen ? againMs : null),
    });
    try {
      await firstAnswer(redis);
      isOpen = true;
      return new Link(shown, redis, bullmq);
    } catch (error) {
      redis.disconnect();
      throw new FileError(`cannot reach Redis at ${shown}: ${reasonOf(error)}`);
    }
  }

  private constructor(address: string, redis: Ioredis.Redis, bullmq: typeof Bullmq) {
    this.address = address;
    this.redis = redis;
    this.bullmq = bullmq;
  }

  /** Does Redis answer, as far as it is known? */
  get isUp(): boolean {
    return this.redis.status === 'ready';
  }

  /** A connection of its own, for what waits. */
  another(): Ioredis.Redis {
    const redis = this.redis.duplicate({ lazyConnect: false });
    redis.on('error', () => {}); // The first one knows.
    this.others.push(redis);
    return redis;
  }

  /** Ends all connections, whatever they wait for. */
  close(): void {
    for (const redis of [this.redis, ...this.others]) redis.disconnect();
  }
}

/** Throws what kept it from coming. */
async function firstAnswer(redis: Ioredis.Redis): Promise<void> {
  let problem: unknown = null;
  redis.on('error', (error) => {
    problem ??= error;
  });
  const late = new Promise<never>((_, reject) => {
    const message = `no answer within ${connectMs / 1000} s`;
    setTimeout(() => reject(new Error(message)), connectMs).unref();
  });
  try {
    await Promise.race([redis.connect().then(() => redis.ping()), late]);
  } catch (error) {
    throw problem ?? error;
  }
}

/** They are optional: most checks need no other machine. */
async function loadPackages(): Promise<[typeof Bullmq, typeof Ioredis]> {
  try {
    return [await import('bullmq'), await import('ioredis')];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    const { peerDependencies } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
      peerDependencies: Record<string, string>;
    };
    const wanted = ['bullmq', 'ioredis'].map((name) => `"${name}@${peerDependencies[name]}"`);
    throw new FileError(
      `--queue needs packages that are not installed: npm install ${wanted.join(' ')}`,
    );
  }
}
