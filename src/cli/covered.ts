/** `epollsim play --coverage`: plays, and prints which branches were taken instead of what happened. */
import type { PlayRequest } from './arguments.ts';
import { type Branch, Coverage } from './coverage.ts';
import type { ExitCode } from './errors.ts';
import { Output } from './output.ts';

/** The branches are those of the kernel's code, so that has to be loaded after the count began. */
export async function playCovered(request: PlayRequest): Promise<ExitCode> {
  const coverage = new Coverage();
  coverage.start();
  const { play } = await import('./play.ts');
  const code = await play({ ...request, format: 'transcript', json: false, output: '/dev/null' });
  const branches = await coverage.take(request);
  const output = new Output(request.output);
  output.write(request.json ? `${coverageJson(branches)}\n` : coverageText(branches));
  output.close();
  return code;
}

const isTaken = ({ count }: Branch): boolean => count > 0;

/** By file and function, in the order of the code. */
function byFunction(branches: readonly Branch[]): Map<string, Branch[]> {
  const functions = new Map<string, Branch[]>();
  for (const branch of branches) {
    const key = `${branch.file} ${branch.fn}`;
    const known = functions.get(key);
    if (known === undefined) functions.set(key, [branch]);
    else known.push(branch);
  }
  return functions;
}

export function coverageText(branches: readonly Branch[]): string {
  const functions = [...byFunction(branches).values()];
  const taken = branches.filter(isTaken).length;
  const lines = [
    `${taken} of ${branches.length} branches in ${functions.length} functions of eventpoll, wait queues and tcp_poll`,
  ];
  let file = '';
  for (const own of functions) {
    const [first] = own;
    if (first === undefined) continue;
    if (first.file !== file) lines.push('', first.file);
    file = first.file;
    lines.push(`  ${first.fn.padEnd(36)} ${own.filter(isTaken).length} of ${own.length}`);
    for (const { branch } of own.filter((one) => !isTaken(one)))
      lines.push(`    not taken: ${branch}`);
  }
  return `${lines.join('\n')}\n`;
}

export const coverageJson = (branches: readonly Branch[]): string =>
  JSON.stringify({
    branches: branches.length,
    taken: branches.filter(isTaken).length,
    functions: [...byFunction(branches).values()].map((own) => ({
      fn: own[0]?.fn,
      file: own[0]?.file,
      branches: own.length,
      taken: own.filter(isTaken).length,
      not_taken: own.filter((one) => !isTaken(one)).map(({ branch }) => branch),
    })),
  });
