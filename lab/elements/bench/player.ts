/** Moments one after the other, by themselves. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Moment } from '../../model/recording.ts';
import { forward } from './moves.ts';

/** Whose moments are played. */
export interface Played extends ReactiveControllerHost {
  readonly moments: readonly Moment[];
  /** How many of them have happened. */
  readonly place: number;
  goTo(place: number): void;
}

export class Player implements ReactiveController {
  isPlaying = false;
  /** From one moment to the next, in ms. */
  speed = 800;
  private readonly host: Played;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: Played) {
    this.host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.pause();
  }

  playOrPause(): void {
    if (this.isPlaying) return this.pause();
    const { host } = this;
    if (host.place === host.moments.length) host.goTo(0);
    this.isPlaying = true;
    this.timer = setInterval(() => this.step(), this.speed);
    host.requestUpdate();
  }

  pause(): void {
    clearInterval(this.timer);
    this.isPlaying = false;
    this.host.requestUpdate();
  }

  setSpeed(ms: number): void {
    this.speed = ms;
    this.host.requestUpdate();
    if (!this.isPlaying) return;
    this.pause();
    this.playOrPause();
  }

  private step(): void {
    const { host } = this;
    host.goTo(forward(host.moments, host.place));
    if (host.place === host.moments.length) this.pause();
  }
}
