/** What goes through the descriptors. */
import type { Item, Stuff } from './things.ts';
import { Watching } from './watching.ts';

const words = [
  'a',
  'hi',
  'abc',
  'ping',
  'hello',
  'epoll',
  'wakeup',
  'edge-trig',
  '0123456789',
  'the quick brown fox',
];

/** How interest is expressed, as weights, by what is watched. */

export class Traffic extends Watching {
  text(): string {
    return this.random.pick(words);
  }

  /** Writes something to `item` where that makes sense and does not block for long. */
  write(item: Item, thread = 'main'): void {
    const { random } = this;
    const { file, name } = item;
    const fd = `$${name}`;
    if (file.kind === 'event') {
      const value = random.weighted([
        ['1', 60],
        ['5', 10],
        ['2', 8],
        ['0', 6],
        ['18446744073709551614', 8],
        ['18446744073709551615', 4],
        ['18446744073709551613', 2],
        ['18446744069414584320', 2],
      ]);
      if (!file.nonblock && value.length > 3 && thread === 'main') {
        this.step('write', { fd, value: '1' }, undefined, thread);
        file.queued += 1;
        return;
      }
      this.step('write', { fd, value }, undefined, thread);
      if (value !== '18446744073709551615') file.queued += Number(value);
      return;
    }
    const data = this.text();
    const socket = file.kind === 'stream' || file.kind === 'message' || file.kind === 'tcp';
    const far = file.peer ?? null;
    if (socket && random.chance(0.35)) {
      const more = file.kind === 'tcp' ? 0 : 1;
      const flags = random.weighted<string | number>([
        [0, 10],
        ['MSG_DONTWAIT', 9],
        ['MSG_MORE', more],
        ['MSG_EOR', more],
      ]);
      this.step('send', { fd, data, flags }, undefined, thread);
    } else if (file.kind === 'pipeW' && random.chance(0.12) && file.nonblock) {
      const bytes = random.weighted([
        [65536, 5],
        [70000, 3],
        [4096, 2],
        [4097, 1],
        [61440, 1],
        [131072, 1],
      ]);
      this.step('write', { fd, bytes }, undefined, thread);
      if (far !== null) far.queued = Math.min(65536, far.queued + bytes);
      return;
    } else {
      this.step('write', { fd, data }, undefined, thread);
    }
    if (far !== null) far.queued += file.kind === 'message' ? 1 : data.length;
  }

  /** Whether a read by `file` returns at once, as far as is known. */
  readable(file: Stuff): boolean {
    return file.nonblock || file.queued > 0 || file.ended;
  }

  read(item: Item, thread = 'main'): void {
    const { random } = this;
    const { file, name } = item;
    const fd = `$${name}`;
    const safe = this.readable(file) || thread !== 'main';
    if (file.kind === 'event' || file.kind === 'timer') {
      if (!safe) return;
      this.step(
        'read',
        {
          fd,
          len: random.weighted([
            [8, 20],
            [64, 1],
            [4, 1],
            [9, 1],
          ]),
        },
        undefined,
        thread,
      );
      file.queued = 0;
      return;
    }
    const len = random.weighted([
      [256, 45],
      [1, 12],
      [2, 12],
      [3, 10],
      [4, 12],
      [64, 3],
      [1048576, 5],
      [0, 1],
    ]);
    const socket = file.kind === 'stream' || file.kind === 'message' || file.kind === 'tcp';
    if (socket && (random.chance(0.4) || !safe)) {
      const flags = random.weighted<string | number>([
        [safe ? 0 : 'MSG_DONTWAIT', 12],
        ['MSG_DONTWAIT', 12],
        [safe ? 'MSG_PEEK' : 'MSG_PEEK|MSG_DONTWAIT', 4],
        ['MSG_PEEK|MSG_DONTWAIT', 2],
        ['MSG_TRUNC|MSG_DONTWAIT', file.kind === 'message' ? 3 : 0],
        ['MSG_WAITALL|MSG_DONTWAIT', 1],
      ]);
      this.step('recv', { fd, len, flags }, undefined, thread);
      if (typeof flags === 'string' && flags.includes('PEEK')) return;
    } else if (safe) {
      this.step('read', { fd, len }, undefined, thread);
    } else return;
    file.queued = Math.max(0, file.queued - (file.kind === 'message' ? 1 : len));
  }

  /** Reads what can be read, writes what can be written. */
  traffic(item: Item, thread = 'main'): void {
    const { kind, queued, ended, peer } = item.file;
    const source = kind === 'pipeR' ? this.items.find(({ file }) => file === peer) : undefined;
    const empty = queued === 0 && !ended && this.random.chance(0.7);
    if (empty && source !== undefined) this.write(source, thread);
    else if (kind === 'pipeR' || kind === 'timer') this.read(item, thread);
    else if (kind === 'pipeW' || (empty && kind !== 'ep' && kind !== 'listen' && kind !== 'fresh'))
      this.write(item, thread);
    else if (kind !== 'ep' && kind !== 'listen' && kind !== 'fresh') {
      if (this.random.chance(0.6)) this.write(item, thread);
      else this.read(item, thread);
    }
  }
}
