/**
 * `epollsim play`: scenarios and programs, in one of the formats.
 */
import type { MachineOptions } from '../sim/machine.ts';
import { inOrder, randomSchedule } from '../sim/schedule.ts';
import type { PlayRequest } from './arguments.ts';
import { type ExitCode, exitCodes, FileError, say } from './errors.ts';
import { Input } from './input.ts';
import { Output } from './output.ts';
import { PlayScenarios } from './scenarios.ts';

/** What all that is played in one run of the command has in common. */
export interface Stage {
  readonly request: PlayRequest;
  readonly output: Output;
  readonly format: NonNullable<PlayRequest['format']>;
  /** Options for a machine of its own; a schedule begins anew with each. */
  options(): MachineOptions;
}

export async function play(request: PlayRequest): Promise<ExitCode> {
  const output = new Output(request.output);
  const format = request.format ?? (output.isTerminal || request.json ? 'table' : 'transcript');
  const stage: Stage = { request, output, format, options: () => machineOptions(request) };
  if (request.seed !== undefined) say(seedText(request));
  const players = new Players(stage);
  let code: ExitCode = exitCodes.done;
  try {
    for (const path of request.files) code = worse(code, await playFile(path, players));
    await players.close();
  } finally {
    output.close();
  }
  return code;
}

const worse = (a: ExitCode, b: ExitCode): ExitCode => (a > b ? a : b);

/** A file that cannot be read does not keep the others from being played. */
async function playFile(path: string, players: Players): Promise<ExitCode> {
  try {
    const input = new Input(path);
    const code = looksLikeProgram(input.peek())
      ? await players.program(path, input)
      : await players.scenarios(input);
    input.close();
    return code;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    say(error.message);
    return exitCodes.usage;
  }
}

/** Plays each kind of file; the players are loaded when there is something for them. */
class Players {
  private readonly stage: Stage;
  private ofScenarios: PlayScenarios | null = null;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  async scenarios(input: Input): Promise<ExitCode> {
    this.ofScenarios ??= await PlayScenarios.make(this.stage);
    return this.ofScenarios.play(input);
  }

  async program(path: string, input: Input): Promise<ExitCode> {
    if (this.stage.request.seed === undefined) say(seedText(this.stage.request));
    const { playProgram } = await import('./programs.ts');
    return await playProgram(path, input, this.stage);
  }

  async close(): Promise<void> {
    this.ofScenarios?.close();
  }
}

/**
 * A scenario begins with "{". A program does not, and has a line that begins as JavaScript lines do;
 * anything else is taken for a scenario that is malformed.
 */
export function looksLikeProgram(beginning: string): boolean {
  if (/^\s*(\{|$)/.test(beginning)) return false;
  return /^\s*(import|export|const|let|var|function|async|class|type|interface|\/\/|\/\*|#!|['"]use )/m.test(
    beginning,
  );
}

function machineOptions(request: PlayRequest): MachineOptions {
  const { kernel, with: added, without, cpus, seed = 0 } = request;
  const schedule = seed === 0 ? inOrder : randomSchedule(seed);
  return { kernel, with: added, without, schedule, ...(cpus === undefined ? {} : { cpus }) };
}

const seedText = ({ seed = 0 }: PlayRequest): string =>
  seed === 0 ? 'seed 0: each thread runs until it sleeps' : `seed ${seed}`;
