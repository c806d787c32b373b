/** `epollsim races`: races of Linux and of programs, each with the interleaving and the fix. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CheckOptions, check } from '../check/check.ts';
import type { Race, RaceModule } from '../check/race.ts';
import { defaultKernel, type KernelChoice } from '../kernel/history.ts';
import { packageFile } from '../shared/home.ts';
import { nearHint } from '../syscalls/near.ts';
import { races as racesCommand } from './commands/races.ts';
import { type ExitCode, exitCodes, UsageError } from './errors.ts';
import { coloursFor, widthOf } from './formats.ts';
import { importFile } from './loader.ts';
import { readOptions } from './options.ts';
import { Output } from './output.ts';
import { verdictJson, verdictLines } from './verdicts.ts';

const folder = packageFile('races/');

export async function races(argv: readonly string[]): Promise<ExitCode> {
  const { values, operands } = readOptions(argv, racesCommand);
  const [name] = operands;
  const output = new Output(undefined);
  const isJson = values['json'] === true;
  if (name === undefined) output.write(await listing(isJson));
  else if (!raceNames().includes(name)) throw new UsageError(unknown(name));
  else if (isJson) output.write(await raceJson(name));
  else await showRace(name, output);
  output.close();
  return exitCodes.done;
}

/** What stands in races/. */
export const raceNames = (): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

function unknown(name: string): string {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  const akin = raceNames().filter((known) =>
    words.some((word) => word !== '' && known.split('-').includes(word)),
  );
  const near =
    nearHint(name, raceNames()) ??
    (akin.length > 0 ? `did you mean ${akin.join(' or ')}?` : 'epollsim races lists them');
  return `races: expected the name of a race, found "${name}": ${near}`;
}

const fileOf = (name: string, file: string): URL => new URL(`${name}/${file}`, folder);

const load = async (name: string): Promise<RaceModule> =>
  (await importFile(fileURLToPath(fileOf(name, 'race.ts')))) as unknown as RaceModule;

async function listing(isJson: boolean): Promise<string> {
  const all: (Pick<RaceModule, 'race'> & { name: string })[] = [];
  for (const name of raceNames()) all.push({ name, race: (await load(name)).race });
  if (isJson) return `${JSON.stringify(all.map(plain), null, 2)}\n`;
  return all
    .map(
      ({ name, race }) =>
        `${name}\n    ${race.title}\n    in ${race.releases}; ${race.finding}\n    fix: ${race.fix}\n`,
    )
    .join('\n');
}

const plain = ({ name, race }: { name: string; race: Race }): object => {
  const { options: _, ...rest } = race;
  return { name, ...rest };
};

const optionsOf = ({ found, options }: Race): CheckOptions => ({ ...options, ...found });

async function raceJson(name: string): Promise<string> {
  const { default: program, race } = await load(name);
  const began = Date.now();
  const verdict = check(program, optionsOf(race));
  const seconds = (Date.now() - began) / 1000;
  const text = verdictJson({ title: `races/${name}/race.ts`, verdict, places: new Map(), seconds });
  return `${JSON.stringify(
    {
      ...plain({ name, race }),
      page: readFileSync(fileOf(name, 'README.md'), 'utf8'),
      program: readFileSync(fileOf(name, 'race.ts'), 'utf8'),
      verdict: JSON.parse(text),
    },
    null,
    2,
  )}\n`;
}

async function showRace(name: string, output: Output): Promise<void> {
  const { default: program, race } = await load(name);
  output.write(readFileSync(fileOf(name, 'README.md'), 'utf8'));
  output.write('\n## What the checker finds\n\n');
  const verdict = check(program, optionsOf(race));
  const title = `races/${name}/race.ts on ${kernelText(race.found)}`;
  const shown = { title, verdict, places: new Map() };
  for (const line of verdictLines(shown, await coloursFor(output), widthOf(output))) {
    output.write(`${line}\n`);
  }
}

const kernelText = ({ kernel, with: added = [], without = [] }: KernelChoice): string =>
  [
    kernel ?? defaultKernel,
    ...added.map((id) => `with ${id}`),
    ...without.map((id) => `without ${id}`),
  ].join(' ');
