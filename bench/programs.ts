/** The standard programs of the checker's rows. */
import type { Program } from 'epollsim';

export interface Standard {
  readonly name: string;
  /** In programs/, without its extension; its default export is the program. */
  readonly file: string;
  readonly threads: number;
  /** So small that plain enumeration of its interleavings ends. */
  readonly small?: boolean;
}

/** Main, a writer and a waiter, some thirty operations: what the number of executions a second is of. */
export const small: Standard = {
  name: '1 writer, 1 waiter',
  file: 'et_1_1',
  threads: 3,
  small: true,
};

/** More executions than a measurement has time for. */
export const endless: Standard = { name: '4 writers, 2 waiters', file: 'et_4_2', threads: 7 };

export const standards: readonly Standard[] = [
  { name: 'two looks at one event', file: 'two_looks', threads: 3, small: true },
  { name: 'a socket pair', file: 'socket_pair', threads: 3 },
  small,
  { name: '1 writer, 2 waiters', file: 'et_1_2', threads: 4 },
  { name: '2 writers, 1 waiter', file: 'et_2_1', threads: 4 },
  { name: '2 writers, 2 waiters', file: 'et_2_2', threads: 5 },
  { name: '3 writers, 2 waiters', file: 'et_3_2', threads: 6 },
];

export async function programOf({ file }: Standard): Promise<Program> {
  const module = (await import(`./programs/${file}.ts`)) as { default: Program };
  return module.default;
}
