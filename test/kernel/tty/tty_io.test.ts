import { expect, test } from 'vitest';
import { EAGAIN, EBUSY, EIO, ENOENT, ENOTTY, ESPIPE } from '../../../src/kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDNORM,
  EPOLLWRNORM,
} from '../../../src/kernel/uapi/eventpoll.ts';
import { F_SETFL, O_NOCTTY, O_NONBLOCK, O_RDWR } from '../../../src/kernel/uapi/fcntl.ts';
import { SEEK_SET } from '../../../src/kernel/uapi/fs.ts';
import { IN_ALL_EVENTS, IN_NONBLOCK } from '../../../src/kernel/uapi/inotify.ts';
import {
  TIOCEXCL,
  TIOCGPTLCK,
  TIOCGPTN,
  TIOCGPTPEER,
  TIOCGWINSZ,
  TIOCSPGRP,
  TIOCSPTLCK,
} from '../../../src/kernel/uapi/ioctls.ts';
import { ICANON } from '../../../src/kernel/uapi/termbits.ts';
import { inThread, pause, reported, watch } from '../../support/programs.ts';
import {
  change,
  makeRaw,
  openMaster,
  openPair,
  openPeer,
  ptyNumber,
  readText,
} from '../../support/pty.ts';
import { inMachine } from '../../support/run.ts';

const ANY = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM;

/** ptmx(4): unlockpt() before the slave is opened. */
test('a slave is locked until its master says otherwise', () => {
  inMachine(function* (sys) {
    const m = yield* sys.open('/dev/ptmx', O_RDWR | O_NOCTTY);
    const locked = { value: -1 };
    yield* sys.ioctl(m, TIOCGPTLCK, locked);
    expect(locked.value).toBe(1);
    expect(yield* sys.open('/dev/pts/0', O_RDWR | O_NOCTTY)).toBe(-EIO);
    expect(yield* openPeer(sys, m)).toBe(-EIO);
    yield* sys.ioctl(m, TIOCSPTLCK, { value: 0 });
    expect(yield* sys.open('/dev/pts/0', O_RDWR | O_NOCTTY)).toBe(m + 1);
  });
});

/** ptsname(3) makes the path out of TIOCGPTN. */
test('TIOCGPTN gives the lowest number that is free, and the name goes with the master', () => {
  inMachine(function* (sys) {
    const first = yield* openMaster(sys);
    const second = yield* openMaster(sys);
    expect(yield* ptyNumber(sys, second)).toBe(1);
    yield* sys.close(first);
    expect(yield* sys.open('/dev/pts/0', O_RDWR)).toBe(-ENOENT);
    expect(yield* ptyNumber(sys, yield* openMaster(sys))).toBe(0);
  });
});

/** A number that is still in use by a slave that is open must not be given to another pair. */
test('the number of a pair is free only when its slave is closed too', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.close(m);
    const other = yield* openMaster(sys);
    expect(yield* ptyNumber(sys, other)).toBe(1);
    yield* sys.close(s);
    expect(yield* ptyNumber(sys, yield* openMaster(sys))).toBe(0);
  });
});

/** Who opens a slave twice gets the same terminal; master requests are the master's alone. */
test('TIOCGPTPEER and TIOCGPTN are refused on a slave', () => {
  inMachine(function* (sys) {
    const [, s] = yield* openPair(sys);
    expect(yield* sys.ioctl(s, TIOCGPTPEER, { value: O_RDWR })).toBe(-EIO);
    expect(yield* sys.ioctl(s, TIOCGPTN, { value: 0 })).toBe(-ENOTTY);
    expect(yield* sys.lseek(s, 0, SEEK_SET)).toBe(-ESPIPE);
  });
});

/** A terminal emulator learns from EIO and EPOLLHUP that the shell has gone. */
test('a master without a slave reads what is left, then EIO, with EPOLLHUP', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    const ep = yield* watch(sys, m, ANY | EPOLLET);
    yield* reported(sys, ep);
    yield* sys.write(s, 'bye');
    yield* sys.close(s);
    expect(yield* reported(sys, ep)).toEqual([
      EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDNORM | EPOLLWRNORM,
    ]);
    expect(yield* readText(sys, m)).toBe('bye');
    expect(yield* readText(sys, m)).toBe(-EIO);
    expect(yield* openPeer(sys, m)).toBe(s);
    expect(yield* readText(sys, m)).toBe(-EAGAIN);
  });
});

/** Before anybody has opened the slave nothing is hung up: EAGAIN, not EIO. */
test('a master whose slave was never open is not hung up', () => {
  inMachine(function* (sys) {
    const m = yield* openMaster(sys);
    expect(yield* readText(sys, m)).toBe(-EAGAIN);
    expect(yield* reported(sys, yield* watch(sys, m, ANY))).toEqual([EPOLLOUT | EPOLLWRNORM]);
  });
});

/** A shell whose emulator has gone reads an end of file and cannot write; the ioctls fail. */
test('closing the master hangs the slave up', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    const ep = yield* watch(sys, s, ANY | EPOLLET);
    yield* reported(sys, ep);
    yield* sys.write(m, 'lost\n');
    yield* sys.close(m);
    expect(yield* reported(sys, ep)).toEqual([
      EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLWRNORM,
    ]);
    expect(yield* readText(sys, s)).toBe('');
    expect(yield* sys.write(s, 'x')).toBe(-EIO);
    expect(yield* sys.ioctl(s, TIOCGWINSZ, {})).toBe(-EIO);
    expect(yield* sys.ioctl(s, TIOCSPGRP, { value: 1 })).toBe(-ENOTTY);
  });
});

/** A reader that sleeps must hear of the hangup, or it sleeps for ever. */
test('a hangup wakes whoever reads, with EIO', () => {
  const results: unknown[] = [];
  inMachine(function* (sys) {
    const m = yield* openMaster(sys, 0);
    const s = yield* openPeer(sys, m, 0);
    yield* inThread(sys, results, (self) => readText(self, m));
    yield* pause(sys);
    yield* sys.close(s);
    yield* pause(sys);
    const m2 = yield* openMaster(sys, 0);
    const s2 = yield* openPeer(sys, m2, 0);
    yield* inThread(sys, results, (self) => readText(self, s2));
    yield* pause(sys);
    yield* sys.close(m2);
    yield* pause(sys);
  });
  expect(results).toEqual([-EIO, -EIO]);
});

/** With two files of the slave, closing one is not a hangup. */
test('the master hears of it when the last file of the slave is closed', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    const t = yield* openPeer(sys, m);
    const ep = yield* watch(sys, m, ANY | EPOLLET);
    yield* reported(sys, ep);
    yield* sys.close(s);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.close(t);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT | EPOLLHUP | EPOLLWRNORM]);
  });
});

/** ioctl_tty(2), TIOCEXCL. */
test('TIOCEXCL keeps others from opening the terminal', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.ioctl(s, TIOCEXCL, {});
    expect(yield* openPeer(sys, m)).toBe(-EBUSY);
  });
});

/** The wakeups carry no key or the right one: an item that waits for EPOLLOUT alone stays asleep. */
test('input wakes with EPOLLIN: an edge-triggered EPOLLOUT is not reported again', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* makeRaw(sys, s);
    const ep = yield* watch(sys, s, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.write(m, 'x');
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.write(s, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** The same for a line, of which the end wakes. */
test('a line wakes with EPOLLIN', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* change(sys, s, (t) => {
      t.c_lflag = ICANON;
    });
    const ep = yield* watch(sys, s, EPOLLOUT | EPOLLET);
    yield* reported(sys, ep);
    yield* sys.write(m, 'x\n');
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readText(sys, s)).toBe('x\n');
  });
});

/** inotify on /dev/pts is how some daemons see terminals come; ptmx tells nobody. */
test('names in /dev/pts are created and deleted for inotify', () => {
  inMachine(function* (sys) {
    const i = yield* sys.inotify_init1(IN_NONBLOCK);
    yield* sys.inotify_add_watch(i, '/dev/pts', IN_ALL_EVENTS);
    const m = yield* openMaster(sys);
    yield* sys.close(m);
    const bytes = new Uint8Array(4096);
    const n = yield* sys.read(i, bytes);
    const masks = [4, 36].map((at) => new DataView(bytes.buffer).getUint32(at, true));
    expect([n, ...masks]).toEqual([64, 0x100, 0x200]);
  });
});

/** Non-blocking emulators write until EAGAIN; a second writer does not wait for the first either. */
test('a write that does not block gives EAGAIN while another one sleeps in the terminal', () => {
  const results: unknown[] = [];
  inMachine(function* (sys) {
    const m = yield* openMaster(sys, 0);
    const s = yield* openPeer(sys, m);
    yield* makeRaw(sys, s);
    yield* inThread(sys, results, (self) => self.write(m, 'x'.repeat(20_000)));
    yield* pause(sys);
    yield* sys.fcntl(m, F_SETFL, O_RDWR | O_NONBLOCK);
    expect(yield* sys.write(m, 'y')).toBe(-EAGAIN);
    let read = 0;
    const bytes = new Uint8Array(4096);
    for (let n = yield* sys.read(s, bytes); n > 0; n = yield* sys.read(s, bytes)) {
      read += n;
      yield* pause(sys);
    }
    results.push(read);
  });
  expect(results.length).toBe(2);
  expect(results[0]).toBe(results[1]);
});
