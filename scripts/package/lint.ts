/** What publint and are-the-types-wrong say of the tarball. */
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Every message of publint, suggestions too: a line each. */
export async function publintProblems(tarball: string): Promise<string[]> {
  const bytes = readFileSync(tarball);
  const archive = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({
    pack: { tarball: archive as ArrayBuffer },
    strict: true,
  });
  return messages.map(
    (message) =>
      `${message.type}: ${formatMessage(message, pkg, { color: false }) ?? message.code}`,
  );
}

/**
 * What is known and stays: each release of Node that the package is for can require() ES modules, so
 * their types are no trap in CommonJS; and moduleResolution "node10", which TypeScript has given up,
 * knows no exports, so it finds the entry `.` and no other.
 */
function isKnown(problem: Problem): boolean {
  if (problem.kind === 'CJSResolvesToESM') return true;
  return (
    problem.kind === 'NoResolution' &&
    problem.resolutionKind === 'node10' &&
    problem.entrypoint !== '.'
  );
}

/** The problems that are-the-types-wrong finds in any entry, but for what is known: a line each. */
export async function typesProblems(tarball: string): Promise<string[]> {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  if (!result.types) return ['the package has no types'];
  const entries = Object.entries(result.entrypoints);
  const untyped = entries
    .filter(([path, { hasTypes }]) => !hasTypes && path !== './package.json')
    .map(([path]) => `${path} has no types`);
  const found = result.problems.filter((problem) => !isKnown(problem));
  return [...untyped, ...found.map((problem) => JSON.stringify(problem))];
}
