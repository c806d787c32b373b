/**
 * Wakeup sources: what keeps the machine from suspending. Linux: drivers/base/power/wakeup.c.
 *
 * Differs from Linux: no statistics and no suspend; whether a source is active is all there is.
 */

export class wakeup_source {
  readonly name: string;
  active = false;

  constructor(name: string) {
    this.name = name;
  }
}

export const wakeup_source_register = (name: string): wakeup_source => new wakeup_source(name);

export function wakeup_source_unregister(ws: wakeup_source | null): void {
  if (ws !== null) __pm_relax(ws);
}

export function __pm_stay_awake(ws: wakeup_source | null): void {
  if (ws !== null) ws.active = true;
}

export function __pm_relax(ws: wakeup_source | null): void {
  if (ws !== null) ws.active = false;
}
