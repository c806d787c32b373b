import { expect, test } from 'vitest';
import {
  EAGAIN,
  EBADF,
  EEXIST,
  EINVAL,
  EMFILE,
  ENOSPC,
  ENOTDIR,
} from '../../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { O_CREAT, O_RDWR } from '../../../src/kernel/uapi/fcntl.ts';
import {
  IN_ALL_EVENTS,
  IN_CREATE,
  IN_DELETE,
  IN_EXCL_UNLINK,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_MODIFY,
  IN_NONBLOCK,
  IN_ONESHOT,
  IN_ONLYDIR,
  IN_OPEN,
  INOTIFY_IOC_SETNEXTWD,
} from '../../../src/kernel/uapi/inotify.ts';
import { FIONREAD } from '../../../src/kernel/uapi/ioctls.ts';
import { inotifyMask } from '../../../src/kernel/uapi/names.ts';
import { randomSchedule } from '../../../src/sim/schedule.ts';
import { inotifyEvents } from '../../../src/syscalls/inotify.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { fdinfo, inThread, pause, reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';

const instance = (sys: Sys): Code<number> => sys.inotify_init1(IN_NONBLOCK);

function* touch(sys: Sys, path: string): Code<number> {
  return yield* sys.open(path, O_RDWR | O_CREAT, 0o600);
}

/** What is read, one text an event: the watch, the mask, the name. */
function* events(sys: Sys, fd: number, length = 4096): Code<string[]> {
  const buf = new Uint8Array(length);
  const ret = yield* sys.read(fd, buf);
  if (ret < 0) return [String(ret)];
  return inotifyEvents(buf, ret).map(({ wd, mask, name }) =>
    `${wd} ${inotifyMask(mask)} ${name}`.trim(),
  );
}

/** inotify(7): what a directory hears of a file in it, from its making to its end. */
test('A watched directory is told of what happens to its files, with their names', () => {
  inMachine(function* (sys) {
    const fd = yield* instance(sys);
    expect(yield* sys.inotify_add_watch(fd, '/tmp', IN_ALL_EVENTS)).toBe(1);
    const file = yield* touch(sys, '/tmp/a');
    yield* sys.write(file, 'x');
    yield* sys.lseek(file, 0, 0);
    yield* sys.read(file, new Uint8Array(1));
    yield* sys.close(file);
    yield* sys.rename('/tmp/a', '/tmp/b');
    yield* sys.unlink('/tmp/b');
    expect(yield* events(sys, fd)).toEqual([
      '1 IN_CREATE a',
      '1 IN_OPEN a',
      '1 IN_MODIFY a',
      '1 IN_ACCESS a',
      '1 IN_CLOSE_WRITE a',
      '1 IN_MOVED_FROM a',
      '1 IN_MOVED_TO b',
      '1 IN_DELETE b',
    ]);
  });
});

/** Who follows a log by its name: the watch ends with the file, which is not before its last close. */
test('A watched file that is unlinked is deleted when nobody has it open any more', () => {
  inMachine(function* (sys) {
    const fd = yield* instance(sys);
    const file = yield* touch(sys, '/tmp/a');
    yield* sys.inotify_add_watch(fd, '/tmp/a', IN_ALL_EVENTS);
    yield* sys.unlink('/tmp/a');
    expect(yield* events(sys, fd)).toEqual(['1 IN_ATTRIB']);
    yield* sys.close(file);
    expect(yield* events(sys, fd)).toEqual([
      '1 IN_CLOSE_WRITE',
      '1 IN_DELETE_SELF',
      '1 IN_IGNORED',
    ]);
    expect(yield* sys.inotify_rm_watch(fd, 1)).toBe(-EINVAL);
  });
});

/** Both halves of a rename have one cookie, by which a reader puts them together. */
test('The two events of a rename have the same cookie, and the next rename another', () => {
  inMachine(function* (sys) {
    const fd = yield* instance(sys);
    yield* sys.mkdir('/d');
    yield* touch(sys, '/tmp/a');
    yield* sys.inotify_add_watch(fd, '/tmp', IN_ALL_EVENTS);
    yield* sys.inotify_add_watch(fd, '/d', IN_ALL_EVENTS);
    yield* sys.rename('/tmp/a', '/d/a');
    yield* sys.rename('/d/a', '/d/b');
    const buf = new Uint8Array(4096);
    const read = inotifyEvents(buf, yield* sys.read(fd, buf));
    const [first, second, third, fourth] = read.map(({ cookie }) => cookie);
    expect(first).toBe(second);
    expect(third).toBe(fourth);
    expect(third).not.toBe(first);
    expect(read.map(({ wd }) => wd)).toEqual([1, 2, 2, 2]);
  });
});

/** inotify(7): "successive output inotify events that are identical are coalesced". */
test('An event like the last one that is unread is not queued again', () => {
  inMachine(function* (sys) {
    const fd = yield* instance(sys);
    const file = yield* touch(sys, '/tmp/a');
    yield* sys.inotify_add_watch(fd, '/tmp/a', IN_MODIFY);
    for (let i = 0; i < 3; i++) yield* sys.write(file, 'x');
    expect(yield* events(sys, fd)).toEqual(['1 IN_MODIFY']);
    yield* sys.write(file, 'x');
    expect(yield* events(sys, fd)).toEqual(['1 IN_MODIFY']);
  });
});

/** Edge-triggered loops are bitten: what was merged with an unread event wakes nobody. */
test('A merged event is no edge', () => {
  inMachine(function* (sys) {
    const fd = yield* instance(sys);
    const file = yield* touch(sys, '/tmp/a');
    yield* sys.inotify_add_watch(fd, '/tmp/a', IN_MODIFY);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* sys.write(file, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* sys.write(file, 'x');
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** What is lost is told of once, and then there is room again. */
test('When the queue is full, one event says that others are lost', () => {
  inMachine(function* (sys) {
    sys.task.kernel.inotify.max_queued_events = 2;
    const fd = yield* instance(sys);
    yield* sys.inotify_add_watch(fd, '/tmp', IN_CREATE | IN_DELETE);
    for (const name of ['a', 'b', 'c', 'd']) yield* touch(sys, `/tmp/${name}`);
    expect(yield* events(sys, fd)).toEqual(['1 IN_CREATE a', '1 IN_CREATE b', '-1 IN_Q_OVERFLOW']);
    yield* touch(sys, '/tmp/e');
    expect(yield* events(sys, fd)).toEqual(['1 IN_CREATE e']);
  });
});

/** A buffer of 16 bytes holds an event without a name, and no other. */
test('read gives whole events, and refuses a buffer that is too small for the first', () => {
  inMachine(function* (sys) {
    const fd = yield* instance(sys);
    expect(yield* sys.read(fd, new Uint8Array(0))).toBe(-EAGAIN);
    yield* sys.inotify_add_watch(fd, '/tmp', IN_CREATE);
    yield* touch(sys, '/tmp/a');
    yield* touch(sys, '/tmp/0123456789abcdef');
    const bytes = { value: 0 };
    yield* sys.ioctl(fd, FIONREAD, bytes);
    expect(bytes.value).toBe(32 + 48);
    expect(yield* events(sys, fd, 31)).toEqual([String(-EINVAL)]);
    expect(yield* events(sys, fd, 79)).toEqual(['1 IN_CREATE a']);
    expect(yield* events(sys, fd, 48)).toEqual(['1 IN_CREATE 0123456789abcdef']);
    expect(yield* events(sys, fd)).toEqual([String(-EAGAIN)]);
  });
});

/** inotify_add_watch(2): one inode, one watch; the mask is replaced, or added to. */
test('A second watch of an inode changes the first', () => {
  inMachine(function* (sys) {
    const fd = yield* instance(sys);
    const add = (mask: number): Code<number> => sys.inotify_add_watch(fd, '/tmp', mask);
    expect(yield* add(IN_CREATE)).toBe(1);
    expect(yield* add(IN_CREATE | IN_MASK_CREATE)).toBe(-EEXIST);
    expect(yield* add(IN_DELETE | IN_MASK_ADD)).toBe(1);
    yield* touch(sys, '/tmp/a');
    yield* add(IN_DELETE | IN_EXCL_UNLINK);
    yield* touch(sys, '/tmp/b');
    yield* sys.unlink('/tmp/b');
    expect(yield* events(sys, fd)).toEqual(['1 IN_CREATE a', '1 IN_DELETE b']);
    expect((yield* fdinfo(sys, fd))[0]).toMatch(
      /^inotify wd:1 ino:[0-9a-f]+ sdev:19 mask:4000200 ignored_mask:0 $/,
    );
  });
});

/** inotify(7): a file that is unlinked and still open is no business of its directory any more. */
test('IN_EXCL_UNLINK leaves out what happens to a file without a name', () => {
  inMachine(function* (sys) {
    const fd = yield* instance(sys);
    const other = yield* instance(sys);
    yield* sys.inotify_add_watch(fd, '/tmp', IN_MODIFY | IN_EXCL_UNLINK);
    yield* sys.inotify_add_watch(other, '/tmp', IN_MODIFY);
    const file = yield* touch(sys, '/tmp/a');
    yield* sys.unlink('/tmp/a');
    yield* sys.write(file, 'x');
    expect(yield* events(sys, fd)).toEqual([String(-EAGAIN)]);
    expect(yield* events(sys, other)).toEqual(['1 IN_MODIFY a']);
  });
});

/** Numbers of watches are not given again, so that a late event is not taken for another one's. */
test('IN_ONESHOT ends the watch with its first event, and the next has another number', () => {
  inMachine(function* (sys) {
    const fd = yield* instance(sys);
    yield* sys.inotify_add_watch(fd, '/tmp', IN_CREATE | IN_ONESHOT);
    yield* touch(sys, '/tmp/a');
    yield* touch(sys, '/tmp/b');
    expect(yield* events(sys, fd)).toEqual(['1 IN_CREATE a', '1 IN_IGNORED']);
    expect(yield* sys.inotify_add_watch(fd, '/tmp', IN_CREATE)).toBe(2);
    expect(yield* sys.inotify_rm_watch(fd, 2)).toBe(0);
    expect(yield* events(sys, fd)).toEqual(['2 IN_IGNORED']);
    yield* sys.ioctl(fd, INOTIFY_IOC_SETNEXTWD, { value: 100 });
    expect(yield* sys.inotify_add_watch(fd, '/tmp', IN_CREATE)).toBe(100);
  });
});

/** inotify_init1(2), inotify_add_watch(2), ERRORS. */
test('What cannot be watched is refused, in the order of Linux', () => {
  inMachine(function* (sys) {
    expect(yield* sys.inotify_init1(1)).toBe(-EINVAL);
    const fd = yield* instance(sys);
    expect(yield* sys.inotify_add_watch(99, '/tmp', 0)).toBe(-EINVAL);
    expect(yield* sys.inotify_add_watch(99, '/tmp', IN_OPEN)).toBe(-EBADF);
    expect(yield* sys.inotify_add_watch(0, '/tmp', IN_OPEN)).toBe(-EINVAL);
    const both = IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE;
    expect(yield* sys.inotify_add_watch(fd, '/tmp', both)).toBe(-EINVAL);
    expect(yield* sys.inotify_add_watch(fd, '/dev/null', IN_OPEN | IN_ONLYDIR)).toBe(-ENOTDIR);
    expect(yield* sys.inotify_rm_watch(fd, 1)).toBe(-EINVAL);
    const { inotify } = sys.task.kernel;
    inotify.max_user_watches = 1;
    inotify.max_user_instances = 1;
    expect(yield* sys.inotify_init1(0)).toBe(-EMFILE);
    expect(yield* sys.inotify_add_watch(fd, '/tmp', IN_OPEN)).toBe(1);
    expect(yield* sys.inotify_add_watch(fd, '/dev', IN_OPEN)).toBe(-ENOSPC);
    yield* sys.close(fd);
    const next = yield* sys.inotify_init1(0);
    expect(yield* sys.inotify_add_watch(next, '/dev', IN_OPEN)).toBe(1);
  });
});

/** A reader that blocks is woken by the first event, and takes along what is there by then. */
test('A blocked read is woken', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.inotify_init1(0);
    yield* sys.inotify_add_watch(fd, '/tmp', IN_CREATE);
    const results: unknown[] = [];
    yield* inThread(sys, results, (own) => events(own, fd));
    yield* pause(sys);
    yield* touch(sys, '/tmp/a');
    yield* pause(sys);
    expect(results).toEqual([['1 IN_CREATE a']]);
  });
});

/** A watch that ends by its file, by its own hand and with its instance, all at the same time. */
test('A watch is ended once, whoever is first, on every one of 100 schedules', () => {
  for (let seed = 1; seed <= 100; seed++) {
    inMachine(
      function* (sys) {
        const { inotify } = sys.task.kernel;
        const fd = yield* instance(sys);
        const kept = yield* sys.dup(fd);
        yield* sys.close(yield* touch(sys, '/tmp/a'));
        yield* sys.inotify_add_watch(fd, '/tmp/a', IN_ALL_EVENTS | IN_ONESHOT);
        const threads = [
          yield* inThread(sys, [], (own) => own.unlink('/tmp/a')),
          yield* inThread(sys, [], (own) => own.inotify_rm_watch(fd, 1)),
          yield* inThread(sys, [], (own) => own.close(fd)),
        ];
        for (const tid of threads) yield* sys.pthread_join(tid);
        expect(inotify.watches).toBe(0);
        const ended = (yield* events(sys, kept)).filter((text) => text === '1 IN_IGNORED');
        expect(ended).toHaveLength(1);
      },
      { schedule: randomSchedule(seed) },
    );
  }
});
