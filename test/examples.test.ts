/** The programs of examples/ do what they say, also after they have been read and forgotten. */
import { describe, expect, test } from 'vitest';
import { Machine, type MachineOptions, type Program, randomSchedule } from '../src/index.ts';
import '../examples/event-loop.test.ts';

const folder = new URL('../examples/', import.meta.url);
const programs = ['dup-and-close', 'exclusive-herd', 'level-vs-edge', 'nested', 'oneshot-threads'];
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

async function programOf(name: string): Promise<Program> {
  const module = (await import(new URL(`${name}.ts`, folder).pathname)) as { default: Program };
  return module.default;
}

/** Runs a program to its end; false if it waits for ever. Its assertions are thrown here. */
function ends(program: Program, options: MachineOptions = {}): boolean {
  const machine = new Machine(options);
  const task = machine.spawn(program);
  machine.run();
  return task.execution === null;
}

describe.each(programs)('examples/%s.ts', (name) => {
  /** A reader who plays the example and is told that it is wrong. */
  test('keeps what it asserts, in order', async () => {
    expect(ends(await programOf(name))).toBe(true);
  });

  /** A teacher who says that this follows from epoll, and not from who was faster. */
  test('keeps what it asserts on twenty other schedules', async () => {
    const program = await programOf(name);
    const failed = seeds.filter((seed) => !ends(program, { schedule: randomSchedule(seed) }));
    expect(failed).toEqual([]);
  });
});
