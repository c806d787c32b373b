/** signalfd4, and what is read of a signalfd. Linux: fs/signalfd.c, include/uapi/linux/signalfd.h. */
import type { Kernel } from '../kernel/op.ts';
import type { sigset_t } from '../kernel/signal.ts';
import { do_signalfd4, siginfoSize } from '../kernel/signalfd.ts';

export const sys_signalfd4 = (ufd: number, mask: sigset_t, flags: number): Kernel<number> =>
  do_signalfd4(ufd, mask, flags);

/** What read() gives of a signal, without what is always 0 here: see signalfd(2). */
export interface signalfd_siginfo {
  /** The signal. */
  ssi_signo: number;
  /** SI_USER from kill(), SI_TKILL from tgkill(), SI_QUEUE from sigqueue(), CLD_* of a child. */
  ssi_code: number;
  /** The process that sent it, or the child that it is about. */
  ssi_pid: number;
  /** The user id of that process. */
  ssi_uid: number;
  /** Of a child: its exit code, or the signal that killed it. */
  ssi_status: number;
  /** What sigqueue() sent along: as an int, and as all 64 bits. */
  ssi_int: number;
  /** What sigqueue() sent along, as 64 bits. */
  ssi_ptr: bigint;
}

/** Ours: the signals in the first `length` bytes of what was read from a signalfd. */
export function signalsRead(bytes: Uint8Array, length: number): signalfd_siginfo[] {
  const found: signalfd_siginfo[] = [];
  const fields = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at + siginfoSize <= length; at += siginfoSize) {
    found.push({
      ssi_signo: fields.getUint32(at, true),
      ssi_code: fields.getInt32(at + 8, true),
      ssi_pid: fields.getUint32(at + 12, true),
      ssi_uid: fields.getUint32(at + 16, true),
      ssi_status: fields.getInt32(at + 40, true),
      ssi_int: fields.getInt32(at + 44, true),
      ssi_ptr: fields.getBigUint64(at + 48, true),
    });
  }
  return found;
}
