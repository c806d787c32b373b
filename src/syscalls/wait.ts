/** What a status of wait4() says. Linux: tools/include/nolibc/types.h; see wait(2). */

/** Has the child ended by itself? */
export const WIFEXITED = (status: number): boolean => (status & 0x7f) === 0;
/** The exit code of one that has. */
export const WEXITSTATUS = (status: number): number => (status >> 8) & 0xff;
/** Has a signal killed it? */
export const WIFSIGNALED = (status: number): boolean => (status & 0x7f) !== 0;
/** Which one. */
export const WTERMSIG = (status: number): number => status & 0x7f;
