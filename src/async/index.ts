/**
 * epollsim/async: event loops and programs that are written with promises. This file is the table of
 * contents; docs/own-loop.md is the guide.
 *
 *     await simulateAsync(async (sys) => {
 *       const ep = await sys.epoll_create1(0);
 *       …
 *     });
 */

// ── Programs that are async functions ────────────────────────────────────────────────────────────

export type { TracedReport } from '../trace/run.ts';
export { checkAsync } from './check.ts';
/** What an exported test of an async function asserts. */
export { expectProgramAnswerAsync } from './expect.ts';
export { runAsync, runTracedAsync, simulateAsync, spawnAsync } from './run.ts';
export type { AsyncProgram, AsyncSigaction, AsyncSignalHandler, AsyncSys } from './sys.ts';
/** An async function for whatever takes a generator. */
export { asProgram } from './thread.ts';
// ── An event loop's kernel ───────────────────────────────────────────────────────────────────────

export type { AsyncReactor, Events, Reactor } from './reactor.ts';

// ── Timers and clocks of JavaScript ──────────────────────────────────────────────────────────────

export { type FakeTime, type FakeTimer, fakeTime, type SetTimer, type TimerId } from './time.ts';
export type { TimeOptions } from './timed.ts';
