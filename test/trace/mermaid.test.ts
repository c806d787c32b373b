import { expect, test } from 'vitest';
import { Mermaid } from '../../src/index.ts';
import { textOf, wakeup } from './support/traced.ts';

/** A diagram in a document is read by people who will never run the program. */
test('Mermaid draws a call that sleeps as two arrows, and the wakeup as a note between', () => {
  const lines = textOf((write) => new Mermaid(write), wakeup).split('\n');
  const drawn = lines.map((line) => line.trim()).filter((line) => /p_t1|p_ep4:/.test(line));

  expect(drawn.filter((line) => !line.startsWith('p_main'))).toEqual([
    'actor p_t1 as t1',
    'p_t1->>p_ep4: epoll_wait(4, 8, -1)',
    'Note over p_ep4: ep_poll_callback: onto rdllist (ep4[3])',
    'Note over p_t1: main wakes t1',
    'Note over p_ep4: ep_send_events: level-triggered, back onto rdllist (ep4[3])',
    'p_ep4-->>p_t1: epoll_wait = 1 [IN 7]',
    'Note over p_t1: ends',
  ]);
});

/** Mermaid takes a ";" for the end of a line, and what follows for nonsense. */
test('Mermaid writes characters of its own language as entities', () => {
  const text = textOf(
    (write) => new Mermaid(write),
    function* (sys) {
      const [, writer] = yield* sys.pipe2(0);
      yield* sys.write(writer, 'a;b#c');
    },
  );

  expect(text).toContain('write(4, "a#59;b#35;c")');
});
