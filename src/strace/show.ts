/** Calls of the log as a row shows them, and the state beside them. */
import type { eventpoll } from '../kernel/eventpoll/types.ts';
import type { file } from '../kernel/file.ts';
import { epollFlags } from '../kernel/uapi/names.ts';
import type { Names } from '../trace/names.ts';
import { stateSummary } from '../trace/table.ts';
import type { EpollView, FileView, MachineView } from '../trace/view.ts';
import { stateOf, waitersOf } from '../trace/views/files.ts';
import type { Call } from './call.ts';
import { eventsOf } from './epoll_calls.ts';
import { fdOf } from './text.ts';
import type { World } from './world.ts';

/** No cell is longer. */
const widest = 120;
/** Of a row's state, so many files at most. */
const mostFiles = 8;

const short = (flags: string): string => flags.replaceAll('EPOLL', '');

const shownArgument = (arg: string): string => {
  const fd = fdOf(arg);
  if (fd !== null) return String(fd.fd);
  const text = arg.replace(/(\d)<(?:->|[^<>]|<[^<>]*>)*>/g, '$1');
  if (text.startsWith('"')) return text.length > 24 ? `${text.slice(0, 20)}"…` : text;
  if (text.startsWith('{') && text.length > 40) return '{…}';
  return text.length > 48 ? `${text.slice(0, 46)}…` : text;
};

function argumentsShown(name: string, args: readonly string[]): string {
  if (name === 'epoll_ctl') {
    const [event] = eventsOf(args[3] ?? '');
    const shown = [
      shownArgument(args[0] ?? ''),
      (args[1] ?? '').replace('EPOLL_CTL_', ''),
      shownArgument(args[2] ?? ''),
    ];
    if (event !== undefined) shown.push(short(epollFlags(event.events)), dataShown(event.data));
    return shown.join(', ');
  }
  if (name.startsWith('epoll_')) {
    return args
      .filter((_, i) => i !== 1 && i < 4)
      .map(shownArgument)
      .join(', ');
  }
  return args.map(shownArgument).join(', ');
}

const dataShown = (data: number | bigint): string =>
  data > 0xffff ? `0x${data.toString(16)}` : data.toString();

/** A call that has begun. */
export const shownBegun = (name: string, args: readonly string[]): string =>
  cut(
    `${name}(${argumentsShown(
      name,
      args.filter((arg) => arg !== ''),
    )}) …`,
  );

/** A call with its result; `isLate` if an earlier row shows how it began. */
export function shownCall(call: Call, isLate: boolean): string {
  const { name, args, returned } = call;
  const begin = isLate ? `↳ ${name}` : `${name}(${argumentsShown(name, args)})`;
  return cut(`${begin} = ${resultShown(call)}${returned.ret === null ? '' : eventsShown(call)}`);
}

function resultShown({ name, args, returned }: Call): string {
  const { ret, errno, more } = returned;
  if (ret === null) return errno ?? '?';
  if (errno !== null) return `-1 ${errno}`;
  if (name.startsWith('pipe') || name === 'socketpair') {
    const list = args[name === 'socketpair' ? 3 : 0] ?? '';
    return `${ret} ${list.replace(/(\d)<(?:->|[^<>])*>/g, '$1')}`;
  }
  const said = /^(?:poll|ppoll|select|pselect6)$/.test(name) ? shownArgument(more) : '';
  return said === '' ? String(ret) : `${ret} ${said}`;
}

function eventsShown({ name, args, returned }: Call): string {
  if (!/^epoll_p?wait/.test(name) || (returned.ret ?? 0) <= 0) return '';
  const shown = eventsOf(args[1] ?? '').map(
    ({ events, data }) => `${short(epollFlags(events))} ${dataShown(data)}`,
  );
  return ` [${shown.join(', ')}]`;
}

const cut = (text: string): string => {
  const plain = text.replace(/\p{Cc}/gu, '?');
  return plain.length > widest ? `${plain.slice(0, widest - 1)}…` : plain;
};

// ── The state ────────────────────────────────────────────────────────────────────────────────────

/** What a row has room for, in time that does not grow with what is open. */
export function rowState(world: World, names: Names): string[] {
  const { kernel } = world.mirror;
  const name = (object: object): string => names.of(object, kernel);
  const epolls: EpollView[] = [];
  for (const f of world.epolls) {
    const ep = f.private_data as eventpoll;
    if (f.freed) world.epolls.delete(f);
    else if (epolls.length < mostFiles) epolls.push(listsOf(ep, name));
  }
  const files: FileView[] = [];
  for (const f of world.holding) {
    if (f.freed || !holds(f)) world.holding.delete(f);
    else if (files.length < mostFiles) files.push(viewOfFile(f, name));
  }
  const view: MachineView = { time_ns: 0, tasks: [], epolls, files, timers: [] };
  const lines = stateSummary(view);
  const more = world.holding.size - files.length + world.epolls.size - epolls.length;
  return more > 0 ? [...lines, `… and ${more} more`] : lines;
}

/** An instance without its tree, which may have thousands of items. */
function listsOf(ep: eventpoll, name: (object: object) => string): EpollView {
  const rdllist: string[] = [];
  for (const epi of ep.rdllist) {
    if (rdllist.length === mostFiles) {
      rdllist.push('[…]');
      break;
    }
    rdllist.push(name(epi));
  }
  return {
    name: name(ep),
    descriptors: [],
    items: [],
    tree: null,
    rdllist,
    ovflist: null,
    wq: waitersOf(ep.wq, name),
    poll_wait: [],
    mtx: null,
  };
}

const viewOfFile = (f: file, name: (object: object) => string): FileView => ({
  name: name(f),
  kind: '',
  descriptors: [],
  state: stateOf(f),
  queues: [],
});

function holds(f: file): boolean {
  const { count, bytes, end, unread, waiting } = stateOf(f);
  const held = count ?? (end === 'write' ? 0 : bytes) ?? unread ?? waiting ?? 0;
  return held !== 0 && held !== '0';
}
