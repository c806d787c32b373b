/** Reading scenarios and writing what came of them. */
export * from './documents.ts';
export * from './errors.ts';
export type { Kind, PollEntry, Port } from './kinds.ts';
export { maxSelectFd, maxTransfer } from './kinds.ts';
export { parseScenario } from './parse.ts';
export * from './payload.ts';
export type * from './scenario.ts';
export type { Argument, CallArgs, CallName, CallSpec, ResultField } from './schema.ts';
export { calls } from './schema.ts';
export * from './transcript.ts';
