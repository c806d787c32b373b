/** What the keys of a bench do: those that are pressed in it, and those of its page that nobody else takes. */
import type { LitElement, ReactiveController } from 'lit';
import { isTypedInto, moveOfKey } from './controls.ts';
import type { Move } from './moves.ts';

export interface KeyActions {
  go(move: Move): void;
  playOrPause(): void;
}

export class Keys implements ReactiveController {
  private readonly host: LitElement;
  private readonly actions: KeyActions;

  constructor(host: LitElement, actions: KeyActions) {
    this.host = host;
    this.actions = actions;
    host.addController(this);
  }

  hostConnected(): void {
    this.host.addEventListener('keydown', this.onKey);
    document.addEventListener('keydown', this.onPageKey);
  }

  hostDisconnected(): void {
    this.host.removeEventListener('keydown', this.onKey);
    document.removeEventListener('keydown', this.onPageKey);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const [target] = event.composedPath();
    if (target instanceof HTMLElement && isTypedInto(target)) return;
    const move = moveOfKey(event);
    const isButton = target instanceof HTMLButtonElement;
    if (move !== null) this.actions.go(move);
    else if (event.key === ' ' && !isButton) this.actions.playOrPause();
    else return;
    event.preventDefault();
  };

  /** For the only bench of the page. */
  private readonly onPageKey = (event: KeyboardEvent): void => {
    const isFree = document.activeElement === null || document.activeElement === document.body;
    const isOnly = document.querySelectorAll(this.host.localName).length === 1;
    if (isFree && isOnly) this.onKey(event);
  };
}
