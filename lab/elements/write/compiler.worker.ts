/** The TypeScript compiler, in a thread of its own: it is large, and needed only where somebody writes. */

import files from 'virtual:epollsim/types';
import {
  createSystem,
  createVirtualTypeScriptEnvironment,
  type VirtualTypeScriptEnvironment,
} from '@typescript/vfs';
import ts from 'typescript';
import type { CompilerAsk, CompilerTold, Proposal, Remark } from './messages.ts';

const program = '/program.ts';

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2022.d.ts'],
  types: [],
  strict: true,
  skipLibCheck: true,
  paths: { epollsim: ['/epollsim/index.d.ts'] },
};

const environment: VirtualTypeScriptEnvironment = createVirtualTypeScriptEnvironment(
  createSystem(new Map([...Object.entries(files), [program, 'export {};']])),
  [program, '/surroundings.d.ts'],
  ts,
  options,
);

function remarksOn(text: string): Remark[] {
  environment.updateFile(program, text === '' ? ' ' : text);
  const { languageService } = environment;
  const found = [
    ...languageService.getSyntacticDiagnostics(program),
    ...languageService.getSemanticDiagnostics(program),
  ];
  return found.map(({ category, length = 0, messageText, start = 0 }) => ({
    from: start,
    to: start + length,
    message: ts.flattenDiagnosticMessageText(messageText, '\n'),
    isError: category === ts.DiagnosticCategory.Error,
  }));
}

function proposalsAt(text: string, at: number): Proposal[] {
  environment.updateFile(program, text === '' ? ' ' : text);
  const found = environment.languageService.getCompletionsAtPosition(program, at, {});
  return (found?.entries ?? []).map(({ kind, name, sortText }) => ({ kind, name, sort: sortText }));
}

addEventListener('message', ({ data }: MessageEvent<CompilerAsk>) => {
  const { id, text } = data;
  const told: CompilerTold =
    data.name === 'check'
      ? { id, remarks: remarksOn(text) }
      : { id, proposals: proposalsAt(text, data.at) };
  postMessage(told);
});
