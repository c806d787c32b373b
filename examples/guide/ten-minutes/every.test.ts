import { checkTest } from 'epollsim/vitest';
import answers from './answers.ts';

checkTest('both answers are sent, whoever is faster', answers);
