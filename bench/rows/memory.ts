/** Memory of the model. The kernel's own is nobody's, and no process is told of it. */
import { script } from '../child.ts';
import type { Taken } from '../memory/main.ts';
import { type Batch, missing } from '../row.ts';

/** Less of resident memory cannot be told from what the engine gives back at the same time. */
const drowned = 2 ** 25;

function batch(name: string, size: number): Batch {
  const row = { kind: 'memory', name, size } as const;
  return {
    rows: [row],
    async *measure(_, { signal }) {
      // Eight GiB at most: what the machine takes is to be measured, and not whether it fits.
      const flags = ['--expose-gc', '--max-old-space-size=8192'];
      const taken: Taken = JSON.parse(await script('memory/main.ts', [name, size], signal, flags));
      const { heap_bytes, peak_bytes, rss_bytes } = taken;
      const figures = {
        bytes_each: heap_bytes / size,
        heap_bytes,
        ...(heap_bytes > drowned && { rss_bytes, peak_bytes }),
      };
      yield { ...missing(row), figures };
    },
  };
}

export function memoryBatches(quick: boolean): Batch[] {
  const sizes = quick ? [10_000, 100_000] : [1000, 10_000, 100_000, 1_000_000];
  return [
    ...['registered eventfd', 'registered dup'].flatMap((name) =>
      sizes.map((size) => batch(name, size)),
    ),
    batch('item', 100_000),
    batch('unix socket', 10_000),
    batch('TCP socket', 10_000),
    batch('thread', 1000),
  ];
}
