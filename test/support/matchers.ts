/** What a trace can be asked: `expect(trace).toVisit('ep_poll_callback: onto ovflist')`. */
import { expect } from 'vitest';
import type { Recorder } from './trace.ts';

interface TraceMatchers<R = unknown> {
  /** The branch was taken at least once. */
  toVisit(place: string): R;
}

declare module 'vitest' {
  interface Matchers<T> extends TraceMatchers<T> {}
}

expect.extend({
  toVisit(trace: Recorder, place: string) {
    const pass = trace.notes.includes(place);
    return {
      pass,
      message: () =>
        `expected ${pass ? 'no' : 'a'} visit of "${place}"; visited: ${visited(trace)}`,
    };
  },
});

const visited = (trace: Recorder): string => [...new Set(trace.notes)].join(' · ') || 'nothing';
