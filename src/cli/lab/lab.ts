/** `epollsim lab`: the site of the lab on this machine, and the grading of what is handed in. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../../shared/home.ts';
import { languages, lab as table } from '../commands/lab.ts';
import { type ExitCode, exitCodes, FileError, UsageError } from '../errors.ts';
import { choiceOf, numberOf, readOptions, textOf } from '../options.ts';
import { Output } from '../output.ts';

/** Which options are for which of the two. */
const ofSite = ['port', 'host'];
const ofCheck = ['language', 'time-limit', 'jobs'];

export async function lab(argv: readonly string[]): Promise<ExitCode> {
  const { operands, values } = readOptions(argv, table);
  const [what, ...words] = operands;
  if (what !== undefined && what !== 'check') {
    throw new UsageError(`lab: expected nothing, or check, found "${what}"`);
  }
  const [strange] = (what === undefined ? ofCheck : ofSite).filter((name) => name in values);
  if (strange !== undefined) {
    const [here, there] = what === undefined ? ['lab', 'lab check'] : ['lab check', 'lab'];
    throw new UsageError(`${here}: --${strange} is an option of epollsim ${there}`);
  }
  const json = values['json'] === true;
  if (what === undefined) {
    const port = numberOf(values['port'], '--port', 0, 65_535) ?? usualPort;
    return await site({ port, host: textOf(values['host']) ?? '127.0.0.1', json });
  }
  const { checkHandIns } = await import('./check.ts');
  return await checkHandIns({
    words,
    json,
    language: choiceOf(values['language'], '--language', languages) ?? 'en',
    timeLimit: numberOf(values['time-limit'], '--time-limit', 1, 3600) ?? 60,
    jobs: numberOf(values['jobs'], '--jobs', 1, 256) ?? availableParallelism(),
  });
}

/** Where nothing else is expected to be. */
const usualPort = 3201;

interface SiteRequest {
  readonly port: number;
  readonly host: string;
  readonly json: boolean;
}

async function site({ host, json, port }: SiteRequest): Promise<ExitCode> {
  const folder = fileURLToPath(packageFile('dist/lab'));
  if (!existsSync(`${folder}/index.html`)) {
    throw new FileError(`there is no site in ${folder}: in a checkout, npm run lab:build makes it`);
  }
  const { serveSite } = await import('./site.ts');
  const { address, close } = await serveSite(folder, { host, port });
  const output = new Output(undefined);
  output.write(json ? `${JSON.stringify({ address, folder })}\n` : `${address}\nCtrl-C ends it.\n`);
  output.close();
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  await close();
  return exitCodes.interrupted;
}
