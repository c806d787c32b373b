/** What TypeScript knows of a program, while it is written in the editor. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { type Diagnostic, linter, lintGutter } from '@codemirror/lint';
import { EditorState, type Extension } from '@codemirror/state';
import type { CompilerAsk, CompilerTold, Proposal } from './messages.ts';

let worker: Worker | null = null;
let asked = 0;

type Question = CompilerAsk extends infer One
  ? One extends CompilerAsk
    ? Omit<One, 'id'>
    : never
  : never;

/** The answer to a question; they come one after the other. */
function ask(question: Question): Promise<CompilerTold> {
  worker ??= new Worker(new URL('./compiler.worker.ts', import.meta.url), { type: 'module' });
  const compiler = worker;
  const id = ++asked;
  return new Promise((resolve) => {
    const hear = ({ data }: MessageEvent<CompilerTold>): void => {
      if (data.id !== id) return;
      compiler.removeEventListener('message', hear);
      resolve(data);
    };
    compiler.addEventListener('message', hear);
    compiler.postMessage({ id, ...question });
  });
}

async function diagnosticsOf(text: string): Promise<Diagnostic[]> {
  const told = await ask({ name: 'check', text });
  if (!('remarks' in told)) return [];
  return told.remarks.map(({ from, isError, message, to }) => ({
    from: Math.min(from, text.length),
    to: Math.min(to, text.length),
    severity: isError ? 'error' : 'warning',
    message,
  }));
}

/** What names are called in the list of proposals. */
const kinds: Readonly<Record<string, string>> = {
  method: 'method',
  property: 'property',
  function: 'function',
  'local function': 'function',
  const: 'constant',
  interface: 'interface',
  class: 'class',
  type: 'type',
  keyword: 'keyword',
};

const completionOf = ({ kind, name, sort }: Proposal): Completion => ({
  label: name,
  type: kinds[kind] ?? 'variable',
  boost: -Number.parseInt(sort, 10) || 0,
});

async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const word = context.matchBefore(/\w*$/);
  const from = word?.from ?? context.pos;
  const isMember = context.state.sliceDoc(from - 1, from) === '.';
  if (!context.explicit && !isMember && from === context.pos) return null;
  const text = context.state.doc.toString();
  const told = await ask({ name: 'complete', text, at: context.pos });
  if (!('proposals' in told)) return null;
  return { from, options: told.proposals.map(completionOf), validFor: /^\w*$/ };
}

/** For the editor of a program. `onRemarks` hears how many errors there are whenever that is known. */
export const typescript = (onRemarks: (errors: number) => void): Extension => [
  linter(
    async ({ state }) => {
      const found = await diagnosticsOf(state.doc.toString());
      onRemarks(found.filter(({ severity }) => severity === 'error').length);
      return found;
    },
    { delay: 400 },
  ),
  lintGutter(),
  EditorState.languageData.of(() => [{ autocomplete: complete }]),
];
