/** What of the built checker is not public: one execution at a time, and strategies of one's own. */
import { join } from 'node:path';
import type * as Check from '../../src/check/check.ts';
import type * as Explore from '../../src/check/explore.ts';

const dist = join(import.meta.dirname, '../../dist/src/check');

export const { checkingOf, subjectOf }: typeof Check = await import(join(dist, 'check.js'));
export const { explore }: typeof Explore = await import(join(dist, 'explore.js'));
