/** Why a call woke nobody. */
import { givers, takers } from '../trace/calls/kinds.ts';
import type { Change } from './history/changes.ts';
import { type Call, type Happening, rootOf } from './history/happening.ts';
import type { Snapshot } from './history/snapshot.ts';
import type { History } from './history.ts';
import { callText, changeHop, hopOf, rootHop } from './hops.ts';
import { silenceHop, silencesIn, silenceText } from './silence.ts';
import type { Finding } from './verdict.ts';

/** Empty where nobody expects it to: it moved nothing, and nothing changed. */
export function wokeNobody(call: Call, asked: Snapshot, history: History): Finding[] {
  const own = history.happenings.filter(({ scope }) => rootOf(scope) === call);
  const silent = silencesIn(call, own);
  if (silent.length > 0) return [keptStill(call, silent)];
  const notes = own.filter(({ fact }) => fact === 'note');
  const wakes = own.filter(({ fact, about }) => fact === 'wake' && !about.includes('exited'));
  const changes = changesBy(call, asked, history);
  const hops = [
    ...notes.map((one) => hopOf(one, one.about)),
    ...wakes.map((one) => hopOf(one, `wakes ${one.about}, where nobody waits`)),
    ...changes.map(({ change, name }) => changeHop(change, name)),
  ];
  if (hops.length === 0 && !movesBytes(call)) return [];
  return [
    {
      about: call.name,
      task: call.task.comm,
      fd: null,
      cause: wakes.length === 0 ? 'no-wakeup' : 'nobody-waits',
      sentence:
        wakes.length === 0
          ? `${callText(call)} makes no wakeup: ${quietText(changes, notes)}`
          : `${callText(call)} wakes ${wakes.map(({ about }) => about).join(', ')}, where no item and no task waits`,
      hops: hops.length === 0 ? rootHop(call, history) : hops,
    },
  ];
}

/** accept4() takes a connection, whose number is no count. */
const movesBytes = ({ ended, name }: Call): boolean =>
  (givers.has(name) || (takers.has(name) && name !== 'accept4')) && (ended?.ret ?? 0) > 0;

/** A file that has other things ready since a call, and the items that watch it. */
interface Changed {
  readonly name: string;
  readonly change: Change;
  readonly items: readonly string[];
}

function changesBy(call: Call, { epolls, names }: Snapshot, history: History): Changed[] {
  const items = epolls.flatMap((ep) => ep.items);
  return [...names].flatMap(([file, name]) => {
    const change = history.changesOf(file).find(({ by }) => by === call);
    if (change === undefined || history.makerOf(file) === call) return [];
    return [
      { name, change, items: items.filter((one) => one.file === file).map((one) => one.name) },
    ];
  });
}

function quietText(changes: readonly Changed[], notes: readonly Happening[]): string {
  const watched = changes.flatMap(({ items }) => items);
  if (watched.length > 0) {
    return `${watched.join(', ')}: the change shows when the file is polled`;
  }
  const gained = changes.filter(({ change }) => (change.to & ~change.from) !== 0);
  if (gained.length > 0) return `nobody waits for ${gained.map(({ name }) => name).join(', ')}`;
  const [note] = notes.slice(-1);
  return note === undefined ? 'no file has anything ready that it had not before' : note.about;
}

function keptStill(call: Call, silent: readonly Happening[]): Finding {
  const why = silent.map((one) => `${one.about}: ${silenceText(one)}`).join('; ');
  return {
    about: call.name,
    task: call.task.comm,
    fd: null,
    cause: 'no-wakeup',
    sentence: `${callText(call)} wakes nobody: ${why}`,
    hops: silent.map(silenceHop),
  };
}
