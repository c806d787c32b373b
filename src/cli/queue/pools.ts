/** The processes of a worker: some for each parcel, which they load once and with nothing else. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Job } from '../../check/job.ts';
import { Processes } from '../crew.ts';
import { userPath } from '../input.ts';
import type { Answer, PartJob } from './explorer.ts';
import { fromFolder, type Places, parcelFile } from './parcel_hooks.ts';

/** Processes of so many parcels are kept, for parts that may yet come. */
const kept = 4;

interface Pool {
  readonly processes: Processes<PartJob, Answer>;
  busy: number;
  /** In ms. */
  used: number;
}

export class Pools {
  private readonly size: number;
  private readonly fetch: (parcel: string) => Promise<string | null>;
  private readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), 'epollsim-worker-')));
  private readonly places: Places;
  private readonly pools: Map<string, Promise<Pool | null>> = new Map();
  /** Also where the process is ended at once. */
  private readonly clear = (): void => rmSync(this.folder, { recursive: true, force: true });

  /** `fetch` gives the text of a parcel, by its digest. */
  constructor(size: number, fetch: (parcel: string) => Promise<string | null>) {
    this.size = size;
    this.fetch = fetch;
    this.places = { root: pathToFileURL(this.folder).href, home: fromFolder(userPath('.')) };
    process.on('exit', this.clear);
  }

  /** What came of a part; null if there is no such parcel any more. */
  async run(job: Job): Promise<Answer | null> {
    const pool = await this.poolOf(job.program);
    if (pool === null) return null;
    pool.busy++;
    try {
      return await pool.processes.run({ ...job, places: this.places });
    } catch (error) {
      const message = `a process has ended: ${(error as Error).message}`;
      return { failure: { kind: 'other', message, frames: [] } };
    } finally {
      pool.busy--;
      pool.used = Date.now();
    }
  }

  async end(): Promise<void> {
    for (const pool of this.pools.values()) await (await pool)?.processes.end();
    process.off('exit', this.clear);
    this.clear();
  }

  private poolOf(parcel: string): Promise<Pool | null> {
    const pool = this.pools.get(parcel) ?? this.unpack(parcel);
    this.pools.set(parcel, pool);
    return pool;
  }

  private async unpack(parcel: string): Promise<Pool | null> {
    const text = await this.fetch(parcel);
    if (text === null) {
      this.pools.delete(parcel);
      return null;
    }
    if (this.pools.size > kept) await this.makeRoom();
    mkdirSync(join(this.folder, parcel), { recursive: true });
    writeFileSync(join(this.folder, parcel, parcelFile), text);
    return { processes: new Processes('queue/explorer', this.size), busy: 0, used: Date.now() };
  }

  /** Ends the processes that have been idle for longest. */
  private async makeRoom(): Promise<void> {
    const idle: (readonly [string, Pool])[] = [];
    for (const [parcel, coming] of this.pools) {
      const pool = await Promise.race([coming, null]);
      if (pool !== null && pool.busy === 0) idle.push([parcel, pool]);
    }
    const [oldest] = idle.sort(([, a], [, b]) => a.used - b.used);
    if (oldest === undefined) return;
    const [parcel, { processes }] = oldest;
    this.pools.delete(parcel);
    await processes.end();
    rmSync(join(this.folder, parcel), { recursive: true, force: true });
  }
}
