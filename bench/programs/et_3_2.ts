/** Writers: 3. Waiters: 2. */
import type { Program } from 'epollsim';
import { writersAndWaiters } from './writers_and_waiters.ts';

const main: Program = writersAndWaiters(3, 2);
export default main;
