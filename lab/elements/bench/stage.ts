/** The program on the left, the kernel on the right. */
import type { MachineView } from 'epollsim';
import { html, nothing, type TemplateResult } from 'lit';
import type { Moment } from '../../model/recording.ts';
import type { UiWords } from '../words.ts';
import { Changes } from './changes.ts';
import { kernelOf } from './kernel.ts';
import type { Look } from './marks.ts';
import { programOf } from './program.ts';

const emptyView: MachineView = { time_ns: 0, tasks: [], epolls: [], files: [], timers: [] };

/** What a column of the program needs, and the kernel beside it, in pixels. */
const columnWidth = 280;
const kernelWidth = 470;

export interface Stage {
  /** The text that runs; null until it is known. */
  readonly text: string | null;
  /** The threads that have lines in it. */
  readonly threads: readonly string[];
  /** What is shown, and what was before it; null where there is none. */
  readonly moment: Moment | null;
  readonly before: Moment | null;
  /** The room that there is, in pixels. */
  readonly width: number;
  /** What stands in the place of the program while it is changed. */
  readonly editor: TemplateResult | null;
}

export function stageOf(words: UiWords, stage: Stage): TemplateResult {
  const { before, editor, moment, text, threads, width } = stage;
  const view = moment?.view ?? emptyView;
  const look: Look = { changes: new Changes(before?.view ?? emptyView, view), words };
  const hasColumns = threads.length > 1 && width >= threads.length * columnWidth + kernelWidth;
  const columns = hasColumns ? threads : [];
  const program =
    text === null
      ? nothing
      : programOf(words, text, moment?.lines ?? {}, moment?.task ?? null, columns);
  return html`<div class="stage" style=${hasColumns ? `--program: ${threads.length * columnWidth}px` : ''}>
    <div class="program">${editor ?? program}</div>
    <div class="kernel" tabindex="0" role="group" aria-label=${words.kernel}>
      ${kernelOf(look, view, moment?.context ?? null)}
    </div>
  </div>`;
}
