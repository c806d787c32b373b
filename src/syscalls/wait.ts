/** What a status of wait4() says. Linux: tools/include/nolibc/types.h; see wait(2). */

/** wait(2): has the child with this `status` ended by itself? */
export const WIFEXITED = (status: number): boolean => (status & 0x7f) === 0;
/** wait(2): the exit code in the `status` of a child that has ended by itself. */
export const WEXITSTATUS = (status: number): number => (status >> 8) & 0xff;
/** wait(2): has a signal killed the child with this `status`? */
export const WIFSIGNALED = (status: number): boolean => (status & 0x7f) !== 0;
/** wait(2): the signal in the `status` of a child that was killed. */
export const WTERMSIG = (status: number): number => status & 0x7f;
