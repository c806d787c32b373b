/**
 * The whole run: a lane a context, a mark a moment, system calls as bars. A slider lies over it, so
 * that it is dragged, and worked with keys and by a screen reader, as sliders are.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { Moment, Recording } from '../../model/recording.ts';
import type { UiWords } from '../words.ts';
import { contextsOf, spansOf } from './moves.ts';

/** The share of the whole that a call needs for its name to be written on it. */
const leastNamed = 0.025;

/** What is the same wherever the slider stands: it is drawn once for a recording. */
export interface Lanes {
  readonly length: number;
  readonly lanes: readonly Lane[];
}

interface Lane {
  readonly context: string;
  readonly isInterrupt: boolean;
  readonly calls: readonly { readonly from: number; readonly to: number; readonly name: string }[];
  /** Paths of marks, x in moments and y from 0 to 1. */
  readonly marks: string;
  readonly wakeups: string;
}

export function lanesOf({ moments }: Recording): Lanes {
  const tasks = new Set(moments.map(({ task }) => task));
  const lanes = contextsOf(moments).map((context) => ({
    context,
    isInterrupt: !tasks.has(context),
    calls: spansOf(moments, context).map((span) => ({ ...span, name: callAt(moments, span.from) })),
    marks: marksOf(moments, (one) => one.context === context),
    wakeups: marksOf(moments, (one) => one.context === context && one.kind === 'wakeup'),
  }));
  lanes.sort((a, b) => Number(a.isInterrupt) - Number(b.isInterrupt));
  return { length: moments.length, lanes };
}

const callAt = (moments: readonly Moment[], i: number): string =>
  / calls (\w+)/.exec(moments[i]?.sentence ?? '')?.[1] ?? '';

const marksOf = (moments: readonly Moment[], isOne: (moment: Moment) => boolean): string =>
  moments.map((moment, i) => (isOne(moment) ? `M${i + 0.5} 0V1` : '')).join('');

export function timelineOf(
  words: UiWords,
  { lanes, length }: Lanes,
  place: number,
  active: string | null,
  sentence: string,
  goTo: (place: number) => void,
): TemplateResult {
  const share = (part: number): string => `${(100 * part) / Math.max(length, 1)}%`;
  return html`<div class="timeline" role="group" aria-label=${words.timeline}>
    <ul class="lane-names" aria-hidden="true">
      ${lanes.map(({ context, isInterrupt }) => html`<li class=${context === active ? 'active' : ''} title=${isInterrupt ? words.interrupt : context}>${context}</li>`)}
    </ul>
    <div class="track">
      ${lanes.map(
        ({
          calls,
          context,
          marks,
          wakeups,
        }) => html`<div class="lane ${context === active ? 'active' : ''}" aria-hidden="true">
          ${calls.map(
            ({ from, name, to }) => html`<span
              class="span ${from < place && place <= to ? 'now' : ''}"
              style="left:${share(from)};width:${share(to - from)}"
              >${(to - from) / length < leastNamed ? nothing : name}</span
            >`,
          )}
          <svg viewBox="0 0 ${length} 1" preserveAspectRatio="none">
            <path class="marks" d=${marks}></path>
            <path class="wakeups" d=${wakeups}></path>
          </svg>
        </div>`,
      )}
      <div class="cursor" style="left:${share(place)}"></div>
      <input
        type="range"
        min="0"
        max=${length}
        .value=${String(place)}
        aria-label=${words.moment}
        aria-valuetext="${words.of(place, length)}: ${sentence}"
        @input=${(event: Event) => goTo(Number((event.target as HTMLInputElement).value))}
      />
    </div>
  </div>`;
}
