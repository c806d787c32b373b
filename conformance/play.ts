/**
 * Plays scenarios on the kernel underneath.
 *
 * usage: play.ts [--repeat N] [--jobs J] FILE|-
 */
import { fork } from 'node:child_process';
import { readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Machine } from './machine.ts';
import { parseScenario, ScenarioError } from './scenario.ts';
import { playScenario, type Transcript } from './session.ts';

function playLine(machine: Machine, line: string, repeat: number): string {
  let scenario: ReturnType<typeof parseScenario>;
  try {
    scenario = parseScenario(line);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return JSON.stringify({ error: error.message });
  }
  const variants = new Map<string, Transcript>();
  for (let i = 0; i < repeat; i++) {
    const transcript = playScenario(machine, scenario);
    variants.set(JSON.stringify(transcript), transcript);
    if (transcript.skipped !== undefined) {
      process.stderr.write(`${scenario.name}: skipped: ${transcript.skipped}\n`);
      break;
    }
    if (transcript.error !== undefined)
      process.stderr.write(`${scenario.name}: ${transcript.error}\n`);
  }
  if (variants.size === 1) return [...variants.keys()][0] as string;
  return JSON.stringify({
    name: scenario.name,
    nondeterministic: true,
    variants: [...variants.values()],
  });
}

function print(text: string): void {
  let rest = Buffer.from(`${text}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function playHere(lines: readonly string[], repeat: number): void {
  const machine = new Machine();
  try {
    for (const line of lines) print(playLine(machine, line, repeat));
  } finally {
    machine.close();
  }
}

interface Task {
  readonly index: number;
  readonly line: string;
}
interface Answer {
  readonly index: number;
  readonly text: string;
}

/** Deals the lines out to processes of their own and prints the answers in order. */
function playApart(lines: readonly string[], repeat: number, jobs: number): void {
  const answers = new Map<number, string>();
  let next = 0;
  let printed = 0;
  for (let job = 0; job < jobs; job++) {
    const worker = fork(new URL(import.meta.url).pathname, [
      '--worker',
      '--repeat',
      String(repeat),
    ]);
    const deal = (): void => {
      const index = next++;
      const line = lines[index];
      if (line === undefined) worker.disconnect();
      else worker.send({ index, line } satisfies Task);
    };
    worker.on('message', (message) => {
      const { index, text } = message as Answer;
      answers.set(index, text);
      for (;;) {
        const ready = answers.get(printed);
        if (ready === undefined) break;
        print(ready);
        answers.delete(printed++);
      }
      deal();
    });
    worker.on('exit', (code) => {
      if (code !== 0) process.exitCode = 1;
    });
    deal();
  }
}

function serve(repeat: number): void {
  const machine = new Machine();
  process.on('message', (message) => {
    const { index, line } = message as Task;
    const answer: Answer = { index, text: playLine(machine, line, repeat) };
    process.send?.(answer);
  });
  process.on('disconnect', () => machine.close());
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeat: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1' },
    worker: { type: 'boolean', default: false },
  },
});
const repeat = Number(values.repeat);
if (values.worker) {
  serve(repeat);
} else {
  const file = positionals[0] ?? '-';
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const jobs = Number(values.jobs);
  if (jobs > 1) playApart(lines, repeat, jobs);
  else playHere(lines, repeat);
}
