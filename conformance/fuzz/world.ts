/** What becomes of descriptors: shut down, closed, duplicated, set, asked. */
import type { Item } from './things.ts';
import { Traffic } from './traffic.ts';

export type { Item } from './things.ts';

export class World extends Traffic {
  shutdown(item: Item, thread = 'main'): void {
    const how = this.random.weighted([
      ['SHUT_WR', 5],
      ['SHUT_RD', 4],
      ['SHUT_RDWR', 2],
    ]);
    this.step('shutdown', { fd: `$${item.name}`, how }, undefined, thread);
    if (how !== 'SHUT_WR') item.file.ended = true;
    if (how !== 'SHUT_RD' && item.file.peer !== null) item.file.peer.ended = true;
  }

  close(item: Item, thread = 'main'): void {
    this.step('close', { fd: `$${item.name}` }, undefined, thread);
    this.gone(item);
  }

  private gone(item: Item): void {
    this.items.splice(this.items.indexOf(item), 1);
    item.file.names--;
    if (item.file.names === 0 && item.file.peer !== null) item.file.peer.ended = true;
    for (let i = this.watched.length - 1; i >= 0; i--) {
      const { ep, fd } = this.watched[i] as { ep: string; fd: string };
      if (ep === item.name || fd === item.name) this.watched.splice(i, 1);
    }
  }

  /** Gives a descriptor one more name, by one of the calls that do so. */
  duplicate(item: Item): void {
    const { random } = this;
    const fd = `$${item.name}`;
    const name = this.name('d');
    const bind = [name];
    const call = random.weighted([
      ['dup', 10],
      ['F_DUPFD', 4],
      ['dup3', 3],
      ['dup2', 2],
    ]);
    if (call === 'dup') this.step('dup', { fd }, bind);
    else if (call === 'F_DUPFD')
      this.step('fcntl', { fd, cmd: 'F_DUPFD', arg: random.pick([0, 10, 40]) }, bind);
    else {
      const others = this.items.filter((one) => one !== item);
      const over = random.chance(0.5) && others.length > 3 ? random.pick(others) : undefined;
      const newfd = over === undefined ? random.int(30, 60) : `$${over.name}`;
      if (call === 'dup2') this.step('dup2', { fd, newfd }, bind);
      else this.step('dup3', { fd, newfd, flags: random.chance(0.7) ? 0 : 'O_CLOEXEC' }, bind);
      if (over !== undefined) this.gone(over);
    }
    item.file.names++;
    this.items.push({ name, file: item.file });
  }

  fcntl(item: Item): void {
    const { random } = this;
    const fd = `$${item.name}`;
    const cmd = random.weighted([
      ['F_GETFL', 4],
      ['F_SETFL', 4],
      ['F_GETFD', 1],
      ['F_SETFD', 1],
    ]);
    if (cmd === 'F_SETFL') {
      const arg = random.chance(0.85) ? 'O_NONBLOCK' : 0;
      this.step('fcntl', { fd, cmd, arg });
      item.file.nonblock = arg !== 0;
    } else if (cmd === 'F_SETFD')
      this.step('fcntl', { fd, cmd, arg: random.pick(['FD_CLOEXEC', 0]) });
    else this.step('fcntl', { fd, cmd });
  }

  ioctl(item: Item): void {
    const fd = `$${item.name}`;
    if (this.random.chance(0.5)) this.step('ioctl', { fd, request: 'FIONREAD' });
    else {
      const arg = this.random.chance(0.85) ? 1 : 0;
      this.step('ioctl', { fd, request: 'FIONBIO', arg });
      item.file.nonblock = arg !== 0;
    }
  }

  poll(timeout: number, thread = 'main'): void {
    const { random } = this;
    const count = Math.min(random.int(1, 5), this.items.length);
    const entries = random
      .shuffle(this.items)
      .slice(0, count)
      .map(({ name }) => ({
        fd: `$${name}` as string | number,
        events: random.weighted<string | number>([
          ['POLLIN', 8],
          ['POLLIN|POLLOUT', 8],
          ['POLLIN|POLLOUT|POLLPRI|POLLRDHUP', 4],
          ['POLLRDNORM|POLLWRNORM|POLLRDBAND|POLLWRBAND', 3],
          ['POLLOUT', 3],
          ['POLLIN|POLLRDHUP', 1],
          ['POLLPRI', 1],
          [0, 2],
        ]),
      }));
    if (random.chance(0.12)) {
      entries.push({
        fd: random.pick([-1, 999, 0]),
        events: random.pick(['POLLIN', 'POLLIN|POLLOUT', 0]),
      });
    }
    this.step('poll', { fds: entries, timeout }, undefined, thread);
  }

  select(timeout: number | null, thread = 'main'): void {
    const { random } = this;
    const some = (): string[] =>
      random
        .shuffle(this.items)
        .slice(0, random.int(0, Math.min(3, this.items.length)))
        .map(({ name }) => `$${name}`)
        .sort();
    this.step(
      'select',
      { read: some(), write: some(), except: some(), timeout },
      undefined,
      thread,
    );
  }

  option(item: Item): void {
    const { random } = this;
    const fd = `$${item.name}`;
    const tcp =
      item.file.kind === 'tcp' || item.file.kind === 'listen' || item.file.kind === 'fresh';
    if (random.chance(0.45)) {
      const name = random.weighted([
        ['SO_ERROR', 16],
        ['SO_TYPE', 2],
        ['SO_ACCEPTCONN', 2],
        ['SO_RCVLOWAT', 2],
        ['SO_LINGER', 2],
        ['SO_DOMAIN', 1],
        ['SO_PROTOCOL', 1],
        ['SO_REUSEADDR', 1],
        ['SO_KEEPALIVE', 1],
        ['SO_OOBINLINE', 1],
      ]);
      this.step('getsockopt', { fd, level: 'SOL_SOCKET', name });
      return;
    }
    const [level, name, value] = random.weighted<readonly [string, string, number]>([
      [['SOL_SOCKET', 'SO_LINGER', 0], 4],
      [['SOL_SOCKET', 'SO_LINGER', -1], 1],
      [['SOL_SOCKET', 'SO_LINGER', 5], 1],
      [['SOL_SOCKET', 'SO_REUSEADDR', 1], 3],
      [['SOL_SOCKET', 'SO_RCVLOWAT', random.pick([0, 1, 2, 3, 5, 6, 10, 20])], tcp ? 6 : 2],
      [['SOL_SOCKET', 'SO_OOBINLINE', random.int(0, 1)], tcp ? 3 : 1],
      [['SOL_SOCKET', 'SO_KEEPALIVE', 1], 1],
      [['IPPROTO_TCP', 'TCP_NODELAY', 1], tcp ? 3 : 0.3],
      [['SOL_SOCKET', 'SO_ERROR', 0], 0.3],
    ]);
    this.step('setsockopt', { fd, level, name, value });
  }

  /** Asks every epoll once more, so that the end of the scenario shows its state. */
  finish(): void {
    const eps = this.of('ep');
    const asked = eps.length <= 3 ? eps : this.random.shuffle(eps).slice(0, 4);
    for (const ep of asked) this.wait(ep, 16);
  }
}
