/** The machine that is listened to: its objects, by number and by name. */
import type { file } from '../../kernel/file.ts';
import type { Globals } from '../../kernel/globals.ts';
import { signalfd_ctx } from '../../kernel/signalfd.ts';
import type { CallEvent } from '../../trace/events.ts';
import type { Scene } from '../../trace/format.ts';

export class Objects {
  /** Title and kind; null before it begins. */
  scene: Scene | null = null;

  get kernel(): Globals {
    return (this.scene as Scene).kernel;
  }

  idOf(object: object): number {
    return (this.scene as Scene).recorder.idOf(object);
  }

  nameOf(object: object): string {
    return (this.scene as Scene).recorder.names.of(object, this.kernel);
  }

  /** What an argument of a call stands for; null where that is no number, or not open. */
  fileOf({ task }: CallEvent, fd: unknown): file | null {
    if (typeof fd !== 'number') return null;
    return this.kernel.tasks.get(task.pid)?.files.fd[fd] ?? null;
  }
}

export const isSignalfd = ({ private_data }: file): boolean => private_data instanceof signalfd_ctx;
