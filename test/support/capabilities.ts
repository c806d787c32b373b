/** What the one user of a machine may do, changed for a test. */
import type { user_struct } from '../../src/kernel/user.ts';

export function dropCapability(user: user_struct, cap: number): void {
  user.capabilities = new Set([...user.capabilities].filter((held) => held !== cap));
}

export function addCapability(user: user_struct, cap: number): void {
  user.capabilities = new Set([...user.capabilities, cap]);
}
