/** Writers: 2. Waiters: 2. */
import type { Program } from 'epollsim';
import { writersAndWaiters } from './writers_and_waiters.ts';

const main: Program = writersAndWaiters(2, 2);
export default main;
