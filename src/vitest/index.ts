/**
 * epollsim/vitest: programs on simulated kernels as tests of Vitest. This file is the table of contents.
 *
 *     simTest('a pipe that has bytes is readable', function* (sys) {
 *       const [reader, writer] = yield* sys.pipe2(0);
 *       yield* sys.write(writer, 'x');
 *       expect(descriptor(sys, reader)).toBeReady(EPOLLIN);
 *     });
 *
 * The import adds the matchers to `expect` of vitest, and their types.
 */
import './matchers/index.ts';

/** A program on every schedule. */
export { type CheckTestOptions, checkTest } from './check_test.ts';
/** Tests with a machine to themselves. */
export { type MachineFixtures, test } from './fixtures.ts';
export type { ExpectedEvent } from './matchers/events.ts';
export type { SimMatchers } from './matchers/index.ts';
/** What simTest and checkTest have in common: `.only`, `.each`, …, and the options of a test. */
export type { Modifiers, ProgramSettings, ProgramTest, TestSettings } from './program_test.ts';
/** A program on one schedule, or on some. */
export { type SimContext, type SimTestOptions, simTest } from './sim_test.ts';
/** Programs in either style: a generator, or an async function. */
export type {
  Either,
  EitherCall,
  EitherCalls,
  EitherProgram,
  ProgramWith,
  TestSys,
} from './style.ts';
/** What matchers are asked about, beside machines, verdicts and what calls return. */
export { Descriptor, descriptor, Thread, thread, type Where } from './subjects.ts';
export { Wakeups, wakeups } from './wakeups.ts';
