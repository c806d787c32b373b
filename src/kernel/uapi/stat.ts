/** Kinds of files, and who may do what with them. Linux: include/uapi/linux/stat.h. */

/** inode(7): the bits of a mode that are the type of the file. */
export const S_IFMT = 0o170000;
/** inode(7): a socket. */
export const S_IFSOCK = 0o140000;
/** inode(7): a regular file. */
export const S_IFREG = 0o100000;
/** inode(7): a directory. */
export const S_IFDIR = 0o040000;
/** inode(7): a character device, such as a terminal. */
export const S_IFCHR = 0o020000;
/** inode(7): the sticky bit: in such a directory only owners delete. */
export const S_ISVTX = 0o1000;
/** inode(7): the owner may read, write and execute. */
export const S_IRWXU = 0o700;
