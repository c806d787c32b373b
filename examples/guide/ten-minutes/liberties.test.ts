import { checkTest } from 'epollsim/vitest';
import answers from './answers.ts';

checkTest('whatever Linux may do', { liberties: 'all' }, answers);
