/** Tasks, the locks that they hold, and timers. */
import type { MachineView, TaskView } from 'epollsim';
import { html, nothing, type TemplateResult } from 'lit';
import { type Look, marked } from './marks.ts';

export function taskOf(look: Look, task: TaskView, isActive: boolean): TemplateResult {
  const { words } = look;
  const { call, cpu, holds, name, state, waitsOn } = task;
  const path = `tasks/${name}`;
  const isDead = state === 'dead';
  return html`<article class="card task ${state} ${isActive ? 'active' : ''}">
    <p class="title">
      <i class="dot" aria-hidden="true"></i>${marked(look, path, name, 'name')}
      ${marked(look, `${path}/state`, words.states[state], 'state')}
    </p>
    <p class="facts">
      ${isDead ? nothing : html`<span>CPU ${marked(look, `${path}/cpu`, cpu)}</span>`}
      ${
        isDead
          ? nothing
          : marked(
              look,
              `${path}/call`,
              call === null ? words.userMode : words.inCall(call),
              'call',
            )
      }
      ${waitsOn.length === 0 ? nothing : html`<span>${words.waitsOn} ${waitsOn.map((one) => marked(look, `${path}/waitsOn/${one}`, one, 'chip'))}</span>`}
      ${holds.length === 0 ? nothing : html`<span>${words.holds} ${holds.map((one) => marked(look, `${path}/holds/${one}`, one, 'chip'))}</span>`}
    </p>
  </article>`;
}

/** Which lock is held by whom, and who waits for it. */
export function locksOf(look: Look, { tasks }: MachineView): TemplateResult {
  const held = tasks.flatMap(({ holds, name }) => holds.map((lock) => ({ lock, holder: name })));
  if (held.length === 0) return html`<p class="none">${look.words.noLocks}</p>`;
  return html`<dl class="locks">
    ${held.map(({ holder, lock }) => {
      const waiting = tasks.filter(({ waitsOn }) => waitsOn.includes(lock));
      return html`<dt>${lock}</dt>
        <dd>
          ${marked(look, `tasks/${holder}/holds/${lock}`, holder, 'chip')}
          ${waiting.map(({ name }) => html`<span>${look.words.waiting(name)}</span>`)}
        </dd>`;
    })}
  </dl>`;
}

/** A time of the virtual clock: `20.06 ms`. */
export const clockText = (time_ns: number): string =>
  `${(time_ns / 1e6).toLocaleString('en', { maximumFractionDigits: 3, useGrouping: false })} ms`;

export const timersOf = (look: Look, { timers }: MachineView): TemplateResult =>
  html`<dl>
    ${timers.map(
      ({ expires_ns, name }) => html`<dt>${name}</dt>
        <dd>${look.words.at} ${marked(look, `timers/${name}/expires_ns`, clockText(expires_ns))}</dd>`,
    )}
  </dl>`;
