/**
 * Watches what the threads of a log do with what epoll has told them, and finds the mistakes.
 *
 * Nothing here asks the model: findings are about the program, and follow from the log's calls in
 * their order. What is known of the bytes that wait comes with each read.
 */
import { EP_PRIVATE_BITS, type epitem, eventpoll } from '../kernel/eventpoll/types.ts';
import type { file, files_struct } from '../kernel/file.ts';
import * as uapi from '../kernel/uapi/eventpoll.ts';
import { epollFlags } from '../kernel/uapi/names.ts';
import { type Call, succeeded, type Thread } from './call.ts';
import { type Finding, Findings, type Level } from './findings.ts';
import { standInOf } from './standin.ts';

/** What a read has shown. */
export interface ReadOutcome {
  readonly line: number;
  readonly got: number;
  readonly empty: boolean;
  readonly failed: boolean;
  /** Nothing was left after it, for certain. */
  readonly drained: boolean;
  /** Bytes known to be left; null where nobody knows. */
  readonly left: number | null;
  /** It got less than it asked for, which says nothing where data come in pieces. */
  readonly isShort: boolean;
  readonly peeks: boolean;
}

/** An edge that was reported, until everything that it announced has been taken. */
interface Edge {
  readonly epi: epitem;
  /** Who is to see it through: whoever was told of it, and then whoever reads. */
  by: Thread;
  readonly line: number;
  state: 'untouched' | 'partial';
  /** Of the last read or accept. */
  at: number;
  got: number;
  isShort: boolean;
  left: number | null;
  /** The line in which the thread went to wait although it had not seen EAGAIN; 0 for not yet. */
  waited: number;
}

/** What has happened on a file. */
interface FileStory {
  touches: number;
  edge: Edge | null;
  /** Others read than those who are told: whoever is told need not have read when it waits again. */
  isHandedOn: boolean;
  /** Reads in a row that said that nothing more will come. */
  ends: number;
  firstEnd: number;
}

/** What has happened to an item. */
interface ItemStory {
  /** The table that it was added through. */
  readonly files: files_struct;
  closed: number;
  /** Reports in a row that nothing was done about: how many, since which line, and what all said. */
  idle: number;
  idleFrom: number;
  idleBits: number;
  touches: number;
  /** The line of the report that disarmed it; 0 while it is armed. */
  disarmed: number;
  /** How many waits had begun on the instance then. */
  waits: number;
}

interface ThreadStory {
  /** Looks in a row that found nothing, with nothing done in between. */
  empty: number;
  emptyFrom: number;
  /** An epoll_ctl() that failed, as long as the next may make up for it. */
  failed: {
    readonly line: number;
    readonly fd: number;
    readonly what: string;
    readonly errno: string;
  } | null;
  /** The listener that was reported to it, and that it has not accepted from yet. */
  invited: file | null;
  invitedAt: number;
}

interface ListenerStory {
  accepted: number;
  readonly wasted: number[];
  readonly threads: Set<Thread>;
}

/** Reports in a row that show a spin. */
const spins = 8;
/** Looks in a row that show a busy loop. */
const looks = 16;
/** Waits after which an item that nobody has re-armed is taken to be forgotten. */
const patience = 4;

const { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLRDHUP } = uapi;
const endBits: number = EPOLLHUP | EPOLLERR | EPOLLRDHUP;

export class Watch {
  /** What files are called; set by whoever shows the state. */
  nameOf: (f: file) => string = (f) => f.name;
  line = 0;
  private readonly findings: Findings = new Findings();
  private readonly files: WeakMap<file, FileStory> = new WeakMap();
  private readonly items: WeakMap<epitem, ItemStory> = new WeakMap();
  private readonly threads: WeakMap<Thread, ThreadStory> = new WeakMap();
  private readonly listeners: WeakMap<file, ListenerStory> = new WeakMap();
  private readonly waits: WeakMap<eventpoll, number> = new WeakMap();
  /** Edges whose reader has not waited since. */
  private readonly open: Map<Thread, Set<FileStory>> = new Map();
  /** Edges that were left, items that were disarmed, items whose descriptor is closed. */
  private readonly left: Set<FileStory> = new Set();
  private readonly disarmed: Set<epitem> = new Set();
  private readonly ghosts: Set<epitem> = new Set();
  /** Findings of the line that is being read. */
  fresh: Finding[] = [];

  private add(
    kind: Finding['kind'],
    key: string,
    level: Level,
    lines: readonly number[],
    what: string,
  ): void {
    this.fresh.push(this.findings.add(kind, key, level, lines, what));
  }

  private storyOf(f: file): FileStory {
    let story = this.files.get(f);
    if (story === undefined) {
      this.files.set(
        f,
        (story = { touches: 0, edge: null, isHandedOn: false, ends: 0, firstEnd: 0 }),
      );
    }
    return story;
  }

  private itemOf(epi: epitem, files: files_struct): ItemStory {
    let story = this.items.get(epi);
    if (story === undefined) {
      story = {
        files,
        closed: 0,
        idle: 0,
        idleFrom: 0,
        idleBits: 0,
        touches: -1,
        disarmed: 0,
        waits: 0,
      };
      this.items.set(epi, story);
    }
    return story;
  }

  private threadOf(thread: Thread): ThreadStory {
    let story = this.threads.get(thread);
    if (story === undefined) {
      story = { empty: 0, emptyFrom: 0, failed: null, invited: null, invitedAt: 0 };
      this.threads.set(thread, story);
    }
    return story;
  }

  // ── What the threads do ────────────────────────────────────────────────────────────────────────

  /** A call that is none of the others: the thread does not only look for events. */
  acted(thread: Thread): void {
    this.threadOf(thread).empty = 0;
  }

  /** Something was done with a file. */
  touched(f: file, _how: string): void {
    const story = this.storyOf(f);
    story.touches++;
  }

  read(thread: Thread, f: file, outcome: ReadOutcome): void {
    const story = this.storyOf(f);
    story.touches++;
    if (outcome.peeks) return;
    this.sawEnd(f, story, outcome);
    const { edge } = story;
    if (edge === null) return;
    if (outcome.drained || outcome.failed) {
      this.settle(story);
      return;
    }
    edge.got = outcome.got;
    edge.isShort = outcome.isShort;
    edge.left = outcome.left;
    this.goesOn(thread, story, edge, outcome.line);
  }

  /** A thread has taken some of what an edge has announced. */
  private goesOn(thread: Thread, story: FileStory, edge: Edge, line: number): void {
    edge.state = 'partial';
    edge.at = line;
    edge.waited = 0; // It has come back by itself.
    this.left.delete(story);
    story.isHandedOn ||= thread !== edge.by;
    this.open.get(edge.by)?.delete(story);
    edge.by = thread;
    this.watchEdge(thread, story);
  }

  /** FIONREAD has said how much there is. */
  counted(f: file, bytes: number): void {
    const story = this.storyOf(f);
    if (bytes === 0) this.settle(story);
    else if (story.edge !== null) story.edge.left = bytes;
  }

  /** read() says again and again that the other side has closed. */
  private sawEnd(f: file, story: FileStory, { got, empty, failed, line }: ReadOutcome): void {
    if (got !== 0 || empty || failed) {
      story.ends = 0;
      return;
    }
    if (story.ends++ === 0) story.firstEnd = line;
    if (story.ends !== spins || f.f_ep === null) return;
    this.add(
      'hangup-spin',
      `end of ${familyOf(this.nameOf(f))}`,
      'bug',
      [story.firstEnd, line],
      `read() of ${this.nameOf(f)} says that nothing more will come (0), since line ${story.firstEnd} ` +
        `${spins} times in a row; it is neither closed nor taken out, and stays ready for ever`,
    );
  }

  accepted(thread: Thread, f: file, ok: boolean, empty: boolean): void {
    const story = this.storyOf(f);
    story.touches++;
    this.sawHerd(thread, f, ok, empty);
    const { edge } = story;
    if (edge === null) return;
    if (!ok) {
      if (empty) this.settle(story);
      return;
    }
    this.goesOn(thread, story, edge, this.line);
  }

  private sawHerd(thread: Thread, f: file, ok: boolean, empty: boolean): void {
    let story = this.listeners.get(f);
    if (story === undefined) {
      this.listeners.set(f, (story = { accepted: 0, wasted: [], threads: new Set() }));
    }
    const own = this.threadOf(thread);
    const wasInvited = own.invited === f;
    if (ok) story.accepted++;
    if (wasInvited) {
      story.threads.add(thread);
      own.invited = null;
    }
    if (!wasInvited || !empty) return;
    const { wasted, threads } = story;
    wasted.push(own.invitedAt);
    if (wasted.length > 64) wasted.shift();
    if (threads.size < 2 || wasted.length < 3 || wasted.length * 4 < story.accepted) return;
    const isMuch = wasted.length >= 10 && wasted.length > story.accepted;
    const level: Level = isMuch ? 'suspicious' : 'information';
    this.add(
      'thundering-herd',
      this.nameOf(f),
      level,
      [own.invitedAt, this.line],
      `${threads.size} threads are woken for the same connection on ${this.nameOf(f)}, and all but one ` +
        'find none (EAGAIN)',
    );
  }

  opened(_f: file, _line: number): void {}

  closed(thread: Thread, fd: number, f: file): void {
    if (f.freed) {
      this.settle(this.storyOf(f));
      return;
    }
    for (let node = f.f_ep?.first ?? null; node !== null; node = node.next) {
      const epi = node.owner;
      const story = this.items.get(epi);
      if (epi.fd !== fd || story === undefined || story.files !== thread.task.files) continue;
      story.closed = this.line;
      this.ghosts.add(epi);
    }
  }

  // ── epoll ──────────────────────────────────────────────────────────────────────────────────────

  control(
    call: Call,
    op: number,
    ep: eventpoll | null,
    f: file | null,
    epi: epitem | null,
    fd: number,
  ): void {
    const { thread, returned } = call;
    const own = this.threadOf(thread);
    if (f !== null) this.storyOf(f).touches++;
    if (succeeded(call)) {
      // ADD after ENOENT, MOD after EEXIST: the program has tried one and takes the other.
      if (own.failed?.fd === fd && op !== uapi.EPOLL_CTL_DEL) own.failed = null;
      this.sayFailed(own);
      if (epi === null) return;
      const story = this.itemOf(epi, thread.task.files);
      story.disarmed = 0;
      this.disarmed.delete(epi);
      if (op === uapi.EPOLL_CTL_DEL) {
        this.ghosts.delete(epi);
        if (f !== null) this.settle(this.storyOf(f));
      }
      return;
    }
    this.sayFailed(own);
    const errno = returned.errno ?? '';
    const what = controlErrors[`${call.args[1]} ${errno}`] ?? controlErrors[errno];
    if (what === undefined || ep === null) return;
    own.failed = { line: this.line, fd, what, errno };
  }

  private sayFailed(own: ThreadStory): void {
    const { failed } = own;
    if (failed === null) return;
    own.failed = null;
    const level: Level = failed.errno === 'EPERM' ? 'information' : 'suspicious';
    this.add(
      'control-error',
      `${failed.errno} ${failed.what}`,
      level,
      [failed.line],
      `epoll_ctl() of descriptor ${failed.fd} in line ${failed.line} fails with ${failed.errno}: ${failed.what}`,
    );
  }

  /** The item has just been added. */
  added(thread: Thread, epi: epitem): void {
    this.itemOf(epi, thread.task.files);
  }

  waitBegins(thread: Thread, ep: eventpoll): void {
    this.waits.set(ep, (this.waits.get(ep) ?? 0) + 1);
    const own = this.threadOf(thread);
    this.sayFailed(own);
    own.invited = null;
    const edges = this.open.get(thread);
    if (edges === undefined) return;
    for (const story of edges) {
      const { edge } = story;
      if (edge === null || edge.epi.ep !== ep) continue;
      edge.waited = this.line;
      this.left.add(story);
    }
    edges.clear();
  }

  /** `ret`: how many events, -1 for a failure. `timeout` in ms, null for ever. */
  waitEnds({ thread }: Call, _ep: eventpoll, ret: number, timeout: number | null): void {
    const own = this.threadOf(thread);
    if (ret !== 0 || timeout !== 0) {
      own.empty = 0;
      return;
    }
    if (own.empty++ === 0) own.emptyFrom = this.line;
    if (own.empty !== looks) return;
    this.add(
      'busy-loop',
      thread.name,
      'suspicious',
      [own.emptyFrom, this.line],
      `${thread.name} calls epoll_wait() with a timeout of 0 again and again, ${looks} times since line ` +
        `${own.emptyFrom}, finds nothing and does nothing else: it keeps a CPU busy`,
    );
  }

  reported(thread: Thread, epi: epitem, bits: number): void {
    const { file: f } = epi;
    const item = this.itemOf(epi, thread.task.files);
    const story = this.storyOf(f);
    const mode = epi.event.events & EP_PRIVATE_BITS;
    if (item.closed > 0) this.sawGhost(epi, item, bits);
    if ((mode & EPOLLONESHOT) !== 0) {
      item.disarmed = this.line;
      item.waits = this.waits.get(epi.ep) ?? 0;
      this.disarmed.add(epi);
    }
    const stand = standInOf(f);
    if (stand?.listens === true && (bits & EPOLLIN) !== 0) {
      const own = this.threadOf(thread);
      own.invited = f;
      own.invitedAt = this.line;
    }
    if ((mode & EPOLLET) !== 0) this.sawEdge(thread, epi, story, bits);
    else if ((mode & EPOLLONESHOT) === 0 && item.closed === 0)
      this.sawLevel(epi, item, story, bits);
  }

  private sawGhost(epi: epitem, item: ItemStory, bits: number): void {
    this.ghosts.delete(epi);
    const name = this.nameOf(epi.file);
    this.add(
      'closed-registered',
      name,
      'bug',
      [item.closed, this.line],
      `descriptor ${epi.fd} was closed in line ${item.closed} while it was registered, and its file (${name}) ` +
        `is still open through a copy: epoll goes on reporting it (${epollFlags(bits)} in line ${this.line}), ` +
        'and no descriptor is left to take it out by',
    );
  }

  // ── Level ──────────────────────────────────────────────────────────────────────────────────────

  private sawLevel(epi: epitem, item: ItemStory, story: FileStory, bits: number): void {
    if (epi.file.private_data instanceof eventpoll) return;
    if (story.touches !== item.touches) {
      item.touches = story.touches;
      item.idle = 0;
      item.idleFrom = this.line;
      item.idleBits = bits;
    }
    item.idle++;
    item.idleBits &= bits;
    if (item.idle !== spins) return;
    const name = this.nameOf(epi.file);
    const kind = familyOf(name);
    const since = `since line ${item.idleFrom} ${spins} times in a row, and nothing is done with it`;
    const lines = [item.idleFrom, this.line];
    if ((item.idleBits & endBits) !== 0) {
      const what = epollFlags(item.idleBits & endBits);
      this.add(
        'hangup-spin',
        kind,
        'bug',
        lines,
        `${name} is reported with ${what} ${since}: the loop spins`,
      );
    } else if ((item.idleBits & EPOLLIN) !== 0) {
      const what = `${name} is reported with EPOLLIN ${since}: what there is to read is not read, and the loop spins`;
      this.add('read-spin', kind, 'bug', lines, what);
    } else if ((item.idleBits & EPOLLOUT) !== 0) {
      const what = `${name} is reported with EPOLLOUT ${since}: it can be written to, nothing is written, and the loop spins`;
      this.add('write-spin', kind, 'bug', lines, what);
    }
  }

  // ── Edge ───────────────────────────────────────────────────────────────────────────────────────

  private watchEdge(thread: Thread, story: FileStory): void {
    let edges = this.open.get(thread);
    if (edges === undefined) this.open.set(thread, (edges = new Set()));
    edges.add(story);
  }

  private sawEdge(thread: Thread, epi: epitem, story: FileStory, bits: number): void {
    if ((bits & EPOLLIN) === 0) return;
    const { edge } = story;
    const isLeft = edge !== null && edge.waited > 0 && !isBeingHanded(story, edge);
    if (isLeft && (bits & endBits) === 0) this.sayEdge(edge, this.line);
    this.settle(story);
    if (!holdsBytes(epi.file) || (bits & endBits) !== 0) return;
    story.edge = {
      epi,
      by: thread,
      line: this.line,
      state: 'untouched',
      at: 0,
      got: 0,
      isShort: false,
      left: null,
      waited: 0,
    };
    this.watchEdge(thread, story);
  }

  /** Nothing more is expected of the last edge. */
  private settle(story: FileStory): void {
    if (story.edge === null) return;
    this.open.get(story.edge.by)?.delete(story);
    this.left.delete(story);
    story.edge = null;
  }

  /** The thread has waited with the edge half used. `next`: the line of the next report, 0 for none. */
  private sayEdge(edge: Edge, next: number): void {
    const { epi, line, state, at, got, isShort, left, waited } = edge;
    const name = this.nameOf(epi.file);
    if (standInOf(epi.file)?.listens === true) {
      if (state === 'untouched') return;
      this.sayAcceptOnce(edge, name, next);
      return;
    }
    if (left === 0) return;
    const then =
      next > waited
        ? `, up to the next event in line ${next}`
        : next > 0
          ? ', until more comes'
          : ', and to the end of the log';
    const known = left !== null && left > 0;
    const level: Level = known ? 'bug' : 'suspicious';
    const what =
      state === 'untouched'
        ? `${name} was reported in line ${line} (EPOLLIN, edge-triggered), and line ${waited} waits again without having ` +
          `read from it${then}: what is there is not reported again`
        : `${name} was reported in line ${line} (EPOLLIN, edge-triggered), the read in line ${at} took ` +
          `${isShort ? `${got} B` : `all the ${got} B that it had asked for`}${known ? ` and left ${left} B` : ''}, and line ${waited} waits without having seen EAGAIN${then}: ` +
          'what is left is not reported again';
    this.add(
      'edge-unread',
      `${familyOf(name)} ${state}`,
      level,
      [line, at, waited, next].filter(Boolean),
      what,
    );
  }

  private sayAcceptOnce({ line, at, waited }: Edge, name: string, next: number): void {
    const what =
      `the listener ${name} was reported in line ${line} (EPOLLIN, edge-triggered), one connection was accepted in line ${at}, ` +
      `and line ${waited} waits without having seen EAGAIN: connections that came together with it stay in the queue until ` +
      'another one comes';
    const lines = [line, at, waited, next].filter(Boolean);
    this.add('accept-once', name, 'suspicious', lines, what);
    const finding = this.fresh.at(-1);
    if (finding !== undefined && finding.times > 1) finding.level = 'bug';
  }

  // ── The end ────────────────────────────────────────────────────────────────────────────────────

  /** The log is over. `isKnown`: all who may hold a copy of a descriptor are in it. */
  end(threads: Iterable<Thread>, isKnown: boolean): Finding[] {
    for (const thread of threads) this.leaves(thread, isKnown);
    return this.findings.all();
  }

  /** The last thread with its descriptors ends, or the log does: what has been left undone. */
  leaves(thread: Thread, isKnown: boolean): void {
    const { files } = thread.task;
    this.sayFailed(this.threadOf(thread));
    for (const story of this.left) {
      const { edge } = story;
      if (edge !== null && edge.by.task.files !== files) continue;
      if (edge !== null && !edge.epi.file.freed && !isBeingHanded(story, edge))
        this.sayEdge(edge, 0);
      this.left.delete(story);
    }
    for (const epi of this.disarmed) {
      if (!this.isOf(epi, files)) continue;
      this.disarmed.delete(epi);
      this.sayDisarmed(epi);
    }
    for (const epi of this.ghosts) {
      if (!this.isOf(epi, files)) continue;
      this.ghosts.delete(epi);
      if (isKnown) this.sayGhost(epi);
    }
  }

  private isOf(epi: epitem, files: files_struct): boolean {
    const story = this.items.get(epi);
    return story === undefined || story.files === files;
  }

  private sayDisarmed(epi: epitem): void {
    const item = this.items.get(epi);
    if (item === undefined || epi.freed || epi.pwqlist === null || epi.file.freed) return;
    const since = (this.waits.get(epi.ep) ?? 0) - item.waits;
    if (since < patience || item.closed > 0) return;
    const name = this.nameOf(epi.file);
    this.add(
      'oneshot-forgotten',
      familyOf(name),
      'suspicious',
      [item.disarmed],
      `${name} was reported in line ${item.disarmed} and is disarmed by that (EPOLLONESHOT); epoll_wait() was called ` +
        `${since} times since, and nobody has re-armed it: it is never reported again`,
    );
  }

  private sayGhost(epi: epitem): void {
    const item = this.items.get(epi);
    if (item === undefined || epi.freed || epi.pwqlist === null || epi.ep.freed) return;
    const name = this.nameOf(epi.file);
    this.add(
      'closed-registered',
      name,
      'suspicious',
      [item.closed],
      `descriptor ${epi.fd} was closed in line ${item.closed} while it was registered, and its file (${name}) is ` +
        'still open through a copy: the item stays, and no descriptor is left to take it out by',
    );
  }
}

/** Somebody else is to read, and has not come to it yet. */
const isBeingHanded = ({ isHandedOn }: FileStory, { state }: Edge): boolean =>
  isHandedOn && state === 'untouched';

/** The kind of file: a mistake is made with all of them. */
const familyOf = (name: string): string => name.replace(/\d.*/, '');

/** What is read in pieces; an eventfd, a timer and the like need not be read to tell of more. */
function holdsBytes(f: file): boolean {
  const stand = standInOf(f);
  if (stand === null) return f.f_op.name.includes('pipe');
  return !['eventfd', 'timerfd', 'signalfd', 'pidfd', 'uring', 'inotify', 'fd'].includes(
    stand.kind,
  );
}

const controlErrors: Readonly<Record<string, string>> = {
  EEXIST:
    'the descriptor is registered already (or its number is that of another file whose copy is)',
  'EPOLL_CTL_DEL ENOENT':
    'it is not registered: taken out before, or closed and opened anew as something else',
  'EPOLL_CTL_MOD ENOENT': 'it is not registered: close() has taken it out, or it never was',
  EBADF: 'the descriptor is closed; close() has taken it out already, unless a copy is open',
  EPERM: 'a regular file or a directory is always ready, and epoll does not take it',
  EINVAL: 'Linux does not take these arguments',
  ELOOP: 'epoll instances would watch each other in a circle, or too deeply',
};
