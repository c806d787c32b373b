/**
 * One side of a comparison: a process that plays rounds when it is told to, be it the C program or the
 * model (bench/linux.c, bench/model/main.ts). Each has a process of its own, so that a heap with a
 * million items, and what the compiler has learnt of another work, disturb nobody.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { root } from './child.ts';

export interface Played {
  readonly ns: number;
  readonly events: number;
}

/** The side cannot do the work here, for the reason that is the message. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
}

/**
 * What V8 inlines into one function is bounded, for the sake of the time that it takes to compile. A
 * loop of system calls on the model is one function, and goes through many small ones.
 */
const inlinesMore = '--max-inlined-bytecode-size-cumulative=3000';

export class Side {
  private readonly name: string;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private said = '';

  private constructor(name: string, command: string, args: readonly string[], signal: AbortSignal) {
    this.name = name;
    this.child = spawn(command, args, { cwd: root, signal, stdio: 'pipe' });
    this.child.on('error', (error) => {
      this.said += error.message;
    });
    this.child.stdin.on('error', () => {}); // It has ended; whoever waits for its line hears of it.
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    this.reader = createInterface(this.child.stdout);
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  static linux(program: string, work: readonly string[], signal: AbortSignal): Promise<Side> {
    return new Side('Linux', program, work, signal).begun();
  }

  static model(work: readonly string[], signal: AbortSignal): Promise<Side> {
    const args = [inlinesMore, '--import=tsx', 'bench/model/main.ts', ...work];
    return new Side('the model', process.execPath, args, signal).begun();
  }

  /** Set up, or `Unavailable`. */
  private async begun(): Promise<Side> {
    const line = await this.line();
    if (line === 'ready') return this;
    this.end();
    throw new Unavailable(`${this.name}: ${line.replace(/^cannot: /, '')}`);
  }

  async play(rounds: number, which: number): Promise<Played> {
    this.child.stdin.write(`${rounds} ${which}\n`);
    const [ns = Number.NaN, events = Number.NaN] = (await this.line()).split(' ').map(Number);
    return { ns, events };
  }

  end(): void {
    this.reader.close();
    this.child.kill('SIGKILL');
  }

  private async line(): Promise<string> {
    const { done, value } = await this.lines.next();
    if (done !== true) return value;
    const said = this.said.trim().split('\n');
    const why = said.find((line) => /^\w*Error: |: /.test(line));
    throw new Error(`${this.name} has ended: ${why ?? 'it said nothing'}`);
  }
}
