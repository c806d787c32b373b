/** Files without a name, which all share one inode. Linux: fs/anon_inodes.c. */
import { current } from './current.ts';
import { file, type file_operations } from './file.ts';

export const anon_inode_getfile = (
  name: string,
  fops: file_operations,
  priv: unknown,
  flags: number,
): file => new file(fops, `anon_inode:${name}`, current.kernel.anon_inode_inode, flags, priv);
