/** Kinds of files, and who may do what with them. Linux: include/uapi/linux/stat.h. */

export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFREG = 0o100000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_ISVTX = 0o1000;
export const S_IRWXU = 0o700;
