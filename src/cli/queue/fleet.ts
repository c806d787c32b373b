/**
 * The workers of a queue: who is there, and what they run.
 *
 * Only who runs the same code counts the same steps, so a queue is named after it: nobody takes a
 * part from somebody who runs something else. That they are there is told all the same, so that a
 * check can say why they take no part.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { ownModules, packageFile } from '../../shared/home.ts';
import { type Link, prefix } from './link.ts';
import { digestOf } from './parcel.ts';

/** What has to be the same. */
export interface Build {
  readonly version: string;
  /** Of package.json, which names the packages that are used, and of all modules of this one. */
  readonly digest: string;
  /** Messages of the engine can be a part of what is found. */
  readonly node: string;
}

export function ownBuild(): Build {
  const description = readFileSync(packageFile('package.json'), 'utf8');
  const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const files = readdirSync(new URL(ownModules), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith(ending))
    .sort();
  const texts = files.map((path) => `${path}\n${readFileSync(new URL(path, ownModules), 'utf8')}`);
  const { version } = JSON.parse(description) as { version: string };
  const digest = digestOf([description, ...texts].join('\0'));
  return { version, digest, node: process.versions.node.split('.')[0] ?? '' };
}

export const buildText = ({ version, digest, node }: Build): string =>
  `epollsim ${version} (${digest.slice(0, 8)}) on Node ${node}`;

export const queueOf = ({ version, digest, node }: Build): string =>
  `parts-${digestOf([version, digest, node].join()).slice(0, 16)}`;

/** A worker that is there. */
export interface Member {
  readonly name: string;
  readonly jobs: number;
  readonly build: Build;
}

/** How often a worker says that it is there, and for how long that holds, in ms. */
export const beatMs = 2000;
const aliveMs = 7000;

const listKey = `${prefix}:workers`;
const memberKey = (name: string): string => `${prefix}:worker:${name}`;

/** What a worker of this process is called. */
export const ownName = (): string => `${hostname()}:${process.pid}`;

export async function announce({ redis }: Link, member: Member): Promise<void> {
  await redis.set(memberKey(member.name), JSON.stringify(member), 'PX', aliveMs);
  await redis.sadd(listKey, member.name);
}

export async function takeLeave({ redis }: Link, { name }: Member): Promise<void> {
  await redis.del(memberKey(name));
  await redis.srem(listKey, name);
}

export async function members({ redis }: Link): Promise<Member[]> {
  const names = await redis.smembers(listKey);
  if (names.length === 0) return [];
  const texts = await redis.mget(names.map(memberKey));
  const gone = names.filter((_, i) => texts[i] === null);
  if (gone.length > 0) await redis.srem(listKey, gone);
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Member]));
}
