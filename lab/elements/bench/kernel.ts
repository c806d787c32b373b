/** The machine at one moment: instances, files, tasks, locks, timers. */
import type { MachineView } from 'epollsim';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { epollOf } from './epoll.ts';
import { fileOf } from './files.ts';
import { ghost, type Look } from './marks.ts';
import { clockText, locksOf, taskOf, timersOf } from './tasks.ts';

const named = ({ name }: { name: string }): string => name;

/** `active` is who has done the last step; null before the first. */
export function kernelOf(look: Look, view: MachineView, active: string | null): TemplateResult {
  const { changes, words } = look;
  const { epolls, files, tasks, timers } = view;
  const gone = [...changes.gone('epolls'), ...changes.gone('files')];
  if (tasks.length === 0 && epolls.length + files.length === 0) {
    return html`<p class="none">${words.nothingOpen}</p>`;
  }
  return html`
    <div class="instances">${repeat(epolls, named, (epoll) => epollOf(look, epoll))}</div>
    <div class="pair">
      <div role="group" aria-label=${words.files} ?hidden=${files.length + gone.length === 0}>
        <p class="head">${words.files}</p>
        ${gone.map((name) => html`<article class="card file">${ghost(look, name, 'name')}</article>`)}
        ${repeat(files, named, (file) => fileOf(look, file))}
      </div>
      <div role="group" aria-label=${words.tasks}>
        <p class="head">${words.tasks}</p>
        ${repeat(tasks, named, (task) => taskOf(look, task, task.name === active))}
        <p class="head">${words.locks}</p>
        ${locksOf(look, view)}
        ${timers.length === 0 ? nothing : html`<p class="head">${words.timers}</p>${timersOf(look, view)}`}
        <p class="clock">${words.clock} ${clockText(view.time_ns)}</p>
      </div>
    </div>
  `;
}
