/** The calls on files by their paths, and inotify, as raw system calls. */
import { TCSETS } from '../../src/kernel/uapi/ioctls.ts';
import { shownInotify } from '../../src/scenario/inotify.ts';
import type { FileStep } from '../../src/scenario/perform_file.ts';
import { type TerminalArgs, termiosOf } from '../../src/scenario/terminal.ts';
import { syscallNumbers as nr } from './abi.ts';
import { int32s, opening, put, type RawCall, type Surroundings } from './encode.ts';

export function encodeFiles(step: FileStep, at: Surroundings): RawCall {
  const path = (text: string): number => put(at, Buffer.from(`${text}\0`));
  switch (step.call) {
    case 'open':
      return opening(nr.open, path(step.args.path), step.args.flags, step.args.mode);
    case 'lseek': {
      const { fd, offset, whence } = step.args;
      return { nr: nr.lseek, args: [at.fd(fd), offset, whence] };
    }
    case 'mkdir':
      return { nr: nr.mkdir, args: [path(step.args.path), 0o777] };
    case 'rmdir':
      return { nr: nr.rmdir, args: [path(step.args.path)] };
    case 'unlink':
      return { nr: nr.unlink, args: [path(step.args.path)] };
    case 'link':
      return { nr: nr.link, args: [path(step.args.from), path(step.args.to)] };
    case 'rename':
      return { nr: nr.rename, args: [path(step.args.from), path(step.args.to)] };
    case 'tcsetattr': {
      const { fd, actions } = step.args;
      return { nr: nr.ioctl, args: [at.fd(fd), TCSETS + actions, put(at, termios(step.args))] };
    }
    case 'inotify_init1':
      return opening(nr.inotify_init1, step.args.flags);
    case 'inotify_add_watch': {
      const { fd, mask } = step.args;
      return { nr: nr.inotify_add_watch, args: [at.fd(fd), path(step.args.path), mask] };
    }
    case 'inotify_rm_watch':
      return { nr: nr.inotify_rm_watch, args: [at.fd(step.args.fd), step.args.wd] };
  }
}

/** struct termios. */
function termios(args: TerminalArgs): Buffer {
  const { c_iflag, c_oflag, c_cflag, c_lflag, c_line, c_cc } = termiosOf(args);
  const words = int32s(c_iflag, c_oflag, c_cflag, c_lflag);
  return Buffer.concat([words, Buffer.of(c_line), c_cc]);
}

/** struct inotify_event, before its name. */
const headSize = 16;

export function readInotify(fd: number, len: number, at: Surroundings): RawCall {
  const { process } = at;
  const address = process.memory.data(at.thread, at.dataAt);
  return {
    nr: nr.read,
    args: [fd, address, len],
    shown: (ret) => ({ ret, inotify: shownInotify(eventsIn(process.peek(address, ret))) }),
  };
}

function* eventsFrom(bytes: Buffer) {
  for (let at = 0; at + headSize <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 12);
    const name = bytes.toString('latin1', at + headSize, at + headSize + length);
    yield {
      wd: bytes.readInt32LE(at),
      mask: bytes.readUInt32LE(at + 4),
      cookie: bytes.readUInt32LE(at + 8),
      name: name.replace(/\0.*$/s, ''),
    };
    at += headSize + length;
  }
}

const eventsIn = (bytes: Buffer) => [...eventsFrom(bytes)];
