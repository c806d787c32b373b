import type { Code, Sys } from 'epollsim';
import { workers } from './two-workers.ts';

export default function* main(sys: Sys): Code<void> {
  yield* workers(sys, 3);
}
