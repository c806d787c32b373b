/** Writers: 2. Waiters: 1. */
import type { Program } from 'epollsim';
import { writersAndWaiters } from './writers_and_waiters.ts';

const main: Program = writersAndWaiters(2, 1);
export default main;
