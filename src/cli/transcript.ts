/**
 * The transcript of a program: one JSON line, with a result for every system call, in the order in
 * which they returned.
 */

import type { epoll_event } from '../kernel/uaccess.ts';
import {
  type CallResult,
  failed,
  resultText,
  returned,
  returnedBytes,
  returnedEvents,
  returnedFds,
  returnedRevents,
  returnedSets,
  returnedValue,
} from '../scenario/transcript.ts';
import type { ReturnEvent, TraceEvent } from '../trace/events.ts';
import type { Ending, Format, Scene, Write } from '../trace/format.ts';
import { type Bytes, keptBytes } from '../trace/values.ts';

export class ProgramTranscript implements Format {
  readonly functions: boolean = false;
  private readonly write: Write;
  private count = 0;

  constructor(write: Write) {
    this.write = write;
  }

  begin({ name }: Scene): void {
    this.count = 0;
    this.write(`{"name":${JSON.stringify(name)},"results":[`);
  }

  event(event: TraceEvent): void {
    if (event.kind !== 'return') return;
    const { task, name } = event;
    const head = `{"thread":${JSON.stringify(task.comm)},"call":${JSON.stringify(name)},`;
    const comma = this.count++ === 0 ? '' : ',';
    this.write(comma + head + resultText(resultOf(event)).slice(1));
  }

  end({ blocked, error }: Ending): void {
    const last =
      error === null ? `"blocked":${JSON.stringify(blocked)}` : `"error":${JSON.stringify(error)}`;
    this.write(`],${last}}\n`);
  }
}

type Sets = Readonly<Record<'in' | 'out' | 'ex', readonly number[]>>;

/** What a transcript shows of a call. */
function resultOf({ name, ret, filled }: ReturnEvent): CallResult {
  if (ret < 0) return failed(ret);
  switch (name) {
    case 'epoll_wait':
    case 'epoll_pwait':
    case 'epoll_pwait2':
      return returnedEvents(ret, filled[1] as readonly epoll_event[]);
    case 'poll':
    case 'ppoll': {
      const entries = filled[0] as readonly { revents: number }[];
      return returnedRevents(
        ret,
        entries.map(({ revents }) => revents),
      );
    }
    case 'select':
    case 'pselect6': {
      const sets = filled[1] as Sets;
      return returnedSets(ret, sets.in, sets.out, sets.ex);
    }
    case 'pipe2':
      return returnedFds(ret, filled[0] as readonly number[]);
    case 'socketpair':
      return returnedFds(ret, filled[3] as readonly number[]);
    case 'read':
    case 'recvfrom':
      if (ret > keptBytes) return returned(ret); // Longer than what a transcript shows.
      return returnedBytes(ret, (filled[1] as Bytes).kept.subarray(0, ret));
    case 'getsockopt':
      return returnedValue(ret, (filled[3] as { value: number }).value);
    default:
      return returned(ret);
  }
}
