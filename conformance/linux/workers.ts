/**
 * The kernel's own threads that carry bytes through a terminal: `kworker/u…`, which belong to no
 * CPU. Where /proc does not show them, as in a container, they are taken to be at rest.
 */
import { readdirSync } from 'node:fs';
import { readProc } from './proc.ts';

const isNumber = /^[0-9]+$/;

/** By number: is it such a thread? Each is asked for once. */
const known: Map<string, boolean> = new Map();

function isWorker(pid: string): boolean {
  let found = known.get(pid);
  if (found === undefined) {
    found = readProc(`/proc/${pid}/comm`).startsWith('kworker/u');
    known.set(pid, found);
  }
  return found;
}

/** Has none of them anything to do? Its state is behind its name, which may have brackets. */
export function workersRest(): boolean {
  const workers = readdirSync('/proc').filter((pid) => isNumber.test(pid) && isWorker(pid));
  return workers.every((pid) => !/\) [RD] /.test(readProc(`/proc/${pid}/stat`)));
}
