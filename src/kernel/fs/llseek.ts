/** Ways to move the position of a file. Linux: fs/read_write.c, fs/libfs.c, drivers/char/mem.c. */
import type { file } from '../file.ts';
import type { Kernel } from '../op.ts';
import { EINVAL, ENXIO } from '../uapi/errno.ts';
import { SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from '../uapi/fs.ts';

/** The most that a position can be (2^63 − 1 in Linux), as far as a number counts without gaps. */
const maxbytes: number = Number.MAX_SAFE_INTEGER;

function setPosition(f: file, offset: number): number {
  if (offset < 0 || offset > maxbytes) return -EINVAL;
  f.f_pos = offset;
  return offset;
}

/** A file without a position takes the call for done. */
export function* noop_llseek(f: file): Kernel<number> {
  return f.f_pos;
}

/** Whatever is asked, the position is 0. */
export function* null_lseek(f: file): Kernel<number> {
  f.f_pos = 0;
  return 0;
}

/** In a directory: no end is known. */
export function* offset_dir_llseek(f: file, offset: number, whence: number): Kernel<number> {
  if (whence === SEEK_CUR) return setPosition(f, f.f_pos + offset);
  return whence === SEEK_SET ? setPosition(f, offset) : -EINVAL;
}

/** In a file that has no size. */
export function* default_llseek(f: file, offset: number, whence: number): Kernel<number> {
  return generic_file_llseek_size(f, offset, whence, 0);
}

/** In a file of `size` bytes, none of which are a hole. */
export function generic_file_llseek_size(
  f: file,
  offset: number,
  whence: number,
  size: number,
): number {
  switch (whence) {
    case SEEK_SET:
      return setPosition(f, offset);
    case SEEK_CUR:
      return setPosition(f, f.f_pos + offset);
    case SEEK_END:
      return setPosition(f, size + offset);
    case SEEK_DATA:
    case SEEK_HOLE:
      if (offset < 0 || offset >= size) return -ENXIO;
      return setPosition(f, whence === SEEK_DATA ? offset : size);
    default:
      return -EINVAL;
  }
}
