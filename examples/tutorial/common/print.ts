/** How the programs of the tutorial print what a call has returned; print.h does it in C. Not a program. */
import { decodeText, epollFlags, errnoName } from 'epollsim';

interface Event {
  readonly events: number;
  readonly data: number | bigint;
}

/** `epoll_ctl(ADD 3) = -1 EEXIST`; what the call returned is handed on. */
export function say(call: string, ret: number): number {
  console.log(`${call} = ${text(ret)}`);
  return ret;
}

/** `epoll_wait = 2: 3 EPOLLIN, 5 EPOLLIN|EPOLLHUP`; the events are handed on. */
export function told<Events extends readonly Event[] & { readonly ret: number }>(
  events: Events,
): Events {
  const each = events.map((event) => `${event.data} ${epollFlags(event.events)}`).join(', ');
  console.log(`epoll_wait = ${text(events.ret)}${each === '' ? '' : `: ${each}`}`);
  return events;
}

/** `read(3) = 5 "hello"`; what the call returned is handed on. */
export function took(fd: number, ret: number, buf: Uint8Array): number {
  const bytes = ret > 0 ? ` "${decodeText(buf.subarray(0, ret))}"` : '';
  console.log(`read(${fd}) = ${text(ret)}${bytes}`);
  return ret;
}

/** As C has it: -1, and the name of errno. */
const text = (ret: number): string => (ret < 0 ? `-1 ${errnoName(ret)}` : String(ret));
