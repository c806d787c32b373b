/**
 * The work on the model, in a process of its own: the counterpart of bench/linux.c, with the same
 * command line and the same conversation. From dist/, as users get it.
 */
import { readSync, writeSync } from 'node:fs';
import { newMachine, works } from './works.ts';

const tell = (line: string): number => writeSync(1, `${line}\n`);

/** The next line on standard input; the machine stands still meanwhile. Null at the end. */
function hear(): string | null {
  const buffer = Buffer.alloc(64);
  const length = readSync(0, buffer);
  return length === 0 ? null : buffer.toString('utf8', 0, length);
}

const [name = '', ...args] = process.argv.slice(2);
const work = works.get(name);
if (work === undefined) throw new Error(`expected ${[...works.keys()].join(', ')}, found ${name}`);

const machine = newMachine();
machine.spawn(function* (sys) {
  const play = yield* work(sys, args);
  tell('ready');
  for (let line = hear(); line !== null; line = hear()) {
    const [rounds = 0, which = 0] = line.split(' ').map(Number);
    const { ns, events } = yield* play(rounds, which);
    tell(`${ns} ${events}`);
  }
  process.exit(0); // Without closing a million descriptors.
});
machine.run();
throw new Error('nobody goes on');
