/** Writers: 1. Waiters: 1. */
import type { Program } from 'epollsim';
import { writersAndWaiters } from './writers_and_waiters.ts';

const main: Program = writersAndWaiters(1, 1);
export default main;
