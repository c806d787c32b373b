/** Where lseek() counts from, and how rename() treats its target. Linux: include/uapi/linux/fs.h. */

/** lseek(2): from the beginning. */
export const SEEK_SET = 0;
/** lseek(2): from the present position. */
export const SEEK_CUR = 1;
/** lseek(2): from the end. */
export const SEEK_END = 2;
/** lseek(2): the next data from an offset on. */
export const SEEK_DATA = 3;
/** lseek(2): the next hole from an offset on, at the latest the end. */
export const SEEK_HOLE = 4;

/** rename(2): -EEXIST if the new name is taken. */
export const RENAME_NOREPLACE = 1;
/** rename(2): the two names change places. */
export const RENAME_EXCHANGE = 2;
/** rename(2): a whiteout stays under the old name, for overlay filesystems. */
export const RENAME_WHITEOUT = 4;
