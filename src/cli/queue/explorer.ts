/** A process of a worker: loads a parcel once, then takes parts of its exploration. */
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withPauses } from '../../async/turn.ts';
import { subjectOf, textOfEnded } from '../../check/check.ts';
import { type Job, type JobResult, runningJob } from '../../check/job.ts';
import { concurrentSubject, type Played } from '../../scenario/concurrent.ts';
import { ScenarioError } from '../../scenario/errors.ts';
import { machineOptionsOf } from '../../scenario/outcomes.ts';
import { parseScenario } from '../../scenario/parse.ts';
import type { Written } from '../../scenario/written.ts';
import type { Program } from '../../syscalls/sys.ts';
import { ProgramError } from '../default_export.ts';
import { inTime, Unstoppable } from '../in_time.ts';
import { importProgram, registerRules, trackPrograms } from '../loader.ts';
import { nameFile } from '../stack.ts';
import type { Loaded } from '../tracking_hooks.ts';
import type { Context } from './noting_hooks.ts';
import type { Parcel, ParcelModule } from './parcel.ts';
import { moduleUrl, ParcelRules, type Places, parcelFile } from './parcel_hooks.ts';

/** `program` is the digest of a parcel. */
export interface PartJob extends Job {
  readonly places: Places;
}

/** Why a part cannot be explored, in plain data. */
export interface Failure {
  readonly kind: 'program' | 'scenario' | 'other';
  readonly message: string;
  readonly frames: readonly string[];
}

export type Answer = { readonly result: JobResult } | { readonly failure: Failure };

type Run = (job: Job) => Promise<JobResult>;

const loaded: Map<string, Promise<Run>> = new Map();

export default async function run(job: PartJob): Promise<Answer> {
  let runner = loaded.get(job.program);
  if (runner === undefined) loaded.set(job.program, (runner = load(job)));
  try {
    return { result: await (await runner)(job) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof ProgramError) {
    return { kind: 'program', message: error.message, frames: error.frames };
  }
  if (error instanceof Unstoppable) return { kind: 'program', message: error.message, frames: [] };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof ScenarioError) return { kind: 'scenario', message, frames: [] };
  return { kind: 'other', message: stack ?? message, frames: [] };
}

async function load({ program: digest, places }: PartJob): Promise<Run> {
  const folder = `${places.root}/${digest}`;
  const text = readFileSync(join(fileURLToPath(folder), parcelFile), 'utf8');
  const parcel = JSON.parse(text) as Parcel;
  if (parcel.kind === 'scenario') return scenarioRun(parcel.scenario);
  const program = await loadProgram(parcel.modules, folder, places, parcel.told);
  return (job) => withPauses(inTime(runningJob(subjectOf(program, job.options), textOfEnded, job)));
}

function scenarioRun(written: Written): Run {
  const scenario = parseScenario(written);
  const textOf = ({ text, error }: Played): string => {
    if (error !== null) throw error;
    return text;
  };
  return (job) => {
    const subject = concurrentSubject(scenario, machineOptionsOf(job.options));
    return withPauses(runningJob(subject, textOf, job));
  };
}

async function loadProgram(
  modules: readonly ParcelModule[],
  folder: string,
  places: Places,
  told: boolean,
): Promise<Program> {
  await registerParcels(places);
  if (told) await trackPrograms();
  const paths = modules.map((module, i) => fileURLToPath(moduleUrl(folder, i, module)));
  for (const [i, path] of paths.entries()) nameFile(path, (modules[i] as ParcelModule).shown);
  return (await importProgram(paths[0] as string)).program;
}

type Hooks = {
  resolve(specifier: string, context: Context, next: NextResolve): { url: string };
  load(url: string, context: Context, next: (url: string, context: Context) => Loaded): Loaded;
};
type NextResolve = (specifier: string, context: Context) => { url: string };

const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** Before those that rewrite modules, which are to be those of the parcel. */
async function registerParcels(places: Places): Promise<void> {
  await registerRules();
  const { registerHooks } = nodeModule as { registerHooks?: (hooks: Hooks) => void };
  if (registerHooks === undefined) {
    nodeModule.register(new URL(`./parcel_hooks.${ending}`, import.meta.url), { data: places });
    return;
  }
  const rules = new ParcelRules(places);
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context; // Who looks next may change the context.
      const way = rules.route(specifier, context);
      if (way === null) return next(specifier, context);
      if ('url' in way) return way;
      try {
        return next(specifier, { ...context, ...way });
      } catch (error) {
        throw rules.missing(specifier, parentURL, error);
      }
    },
    load: (url, context, next) => rules.load(url) ?? next(url, context),
  });
}
