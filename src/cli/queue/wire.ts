/** What goes through the queue, and what stands beside it. */
import { deserialize, serialize } from 'node:v8';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { CheckOptions } from '../../check/check.ts';
import type { Part } from '../../check/dpor.ts';
import type { Answer } from './explorer.ts';
import { prefix } from './link.ts';

/** One part of a check that is under way. */
export interface PartJob {
  readonly run: string;
  /** The digest of the parcel. */
  readonly parcel: string;
  readonly options: CheckOptions;
  readonly part: Part;
  readonly slice: number;
}

/** What a worker says to it; `unknown` if there is no such run, or no such parcel, any more. */
export type PartAnswer = { readonly by: string } & (Answer | { readonly unknown: true });

/** As BullMQ keeps them. */
export interface JobData {
  readonly packed: string;
}

/** Is there as long as the check is. */
export const runKey = (run: string): string => `${prefix}:run:${run}`;
export const parcelKey = (digest: string): string => `${prefix}:parcel:${digest}`;

/** As text; all that has no functions, Infinity too. Both sides run the same release of Node. */
export const pack = (value: unknown): string =>
  gzipSync(serialize(value), { level: 1 }).toString('base64');

export const unpack = <T>(text: string): T =>
  deserialize(gunzipSync(Buffer.from(text, 'base64'))) as T;
