/** A Redis of a test's own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** Why there is none; null if there is. */
export const whyNoRedis = (): string | null =>
  spawnSync('redis-server', ['--version']).status === 0
    ? null
    : 'redis-server is not installed: apt-get install redis-server';

const started: Set<RedisServer> = new Set();

/** A test that fails does not come to its own end. */
export async function killServers(): Promise<void> {
  for (const server of started) await server.kill();
}

export class RedisServer {
  readonly url: string;
  private readonly port: number;
  private readonly args: readonly string[];
  private child: ChildProcess | null = null;

  /** `keeps`: what was written is there again when it is started again. */
  static async start(keeps = false): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), keeps);
    await server.start();
    return server;
  }

  private constructor(port: number, keeps: boolean) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    const dir = mkdtempSync(join(tmpdir(), 'epollsim-redis-'));
    const kept = keeps
      ? ['--appendonly', 'yes', '--appendfsync', 'always']
      : ['--appendonly', 'no'];
    this.args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '', ...kept];
  }

  async start(): Promise<void> {
    this.child = spawn('redis-server', this.args, { stdio: 'ignore' });
    started.add(this);
    const client = this.client();
    await client.ping();
    client.disconnect();
  }

  /** At once, as when the power fails. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    started.delete(this);
    if (child === null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Which lists and sets of queues have something in them. */
  async left(): Promise<string[]> {
    const client = this.client();
    const keys = await client.keys('*:parts-*');
    const kinds = await Promise.all(keys.map((key) => client.type(key)));
    client.disconnect();
    return keys.filter((_, i) => kinds[i] === 'list' || kinds[i] === 'zset');
  }

  /** To be disconnected. */
  client(): Redis {
    const options = { maxRetriesPerRequest: null, retryStrategy: () => 50 };
    return new Redis(this.port, '127.0.0.1', options).on('error', () => {});
  }
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
