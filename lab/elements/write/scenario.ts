/** `<epollsim-scenario>`: a scenario is written, and played on two kernels; where they answer otherwise is marked. */
import kernels from 'virtual:epollsim/kernels';
import { css, html, nothing, type TemplateResult } from 'lit';
import { ask } from '../../model/client.ts';
import { WritingElement } from '../base_elements.ts';
import { baseStyles } from '../base_styles.ts';
import type { EditorOptions } from '../editor.ts';
import { type KernelMenu, kernelMenu } from '../kernel_menu.ts';

const first = `{
  "name": "edge",
  "steps": [
    { "call": "socketpair", "args": { "domain": "AF_UNIX", "type": "SOCK_STREAM" }, "bind": ["a", "b"] },
    { "call": "epoll_create1", "args": { "flags": 0 }, "bind": ["ep"] },
    { "call": "epoll_ctl", "args": { "epfd": "$ep", "op": "EPOLL_CTL_ADD", "fd": "$a", "events": "EPOLLIN|EPOLLET", "data": 1 } },
    { "call": "write", "args": { "fd": "$b", "data": "hello" } },
    { "call": "epoll_wait", "args": { "epfd": "$ep", "maxevents": 8, "timeout": 0 } },
    { "call": "epoll_wait", "args": { "epfd": "$ep", "maxevents": 8, "timeout": 0 } }
  ]
}
`;

export class EpollsimScenario extends WritingElement {
  static override styles = [
    baseStyles,
    css`
      :host {
        margin: 1.5rem 0;
      }
      section {
        border: 1px solid var(--line);
        border-radius: 12px;
        overflow: hidden;
      }
      .editor {
        height: 20rem;
        overflow: auto;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.625rem 1rem;
        padding: 0.625rem 1rem;
        border-top: 1px solid var(--line);
        background: var(--soft);
      }
      label {
        display: flex;
        align-items: center;
        gap: 0.4rem;
        max-width: 100%;
        color: var(--fg-soft);
      }
      select {
        max-width: 14rem;
        min-width: 0;
        color: var(--fg);
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        padding: 0.3rem 1rem;
        border-top: 1px solid var(--line);
        text-align: left;
        font-family: var(--mono);
        font-size: 0.8125rem;
      }
      th {
        color: var(--fg-soft);
        font-weight: 500;
      }
      .differs td {
        background: var(--bad-bg);
      }
      .bad {
        padding: 0.625rem 1rem;
        color: var(--bad);
      }
    `,
  ];
  static override properties = {
    menus: { state: true },
    played: { state: true },
    problem: { state: true },
  };

  declare menus: readonly [KernelMenu, KernelMenu];
  /** The lines of the two transcripts. */
  declare played: readonly [readonly string[], readonly string[]] | null;
  declare problem: string | null;

  constructor() {
    super();
    this.played = this.problem = null;
    this.menus = [
      { release: '4.4', commit: '' },
      { release: kernels.newest, commit: '' },
    ];
  }

  protected override async editorOptions(): Promise<EditorOptions> {
    const { scenario } = await import('./scenario_completion.ts');
    return {
      text: first,
      label: this.words.scenario,
      onRun: () => void this.play(),
      grammar: scenario(),
    };
  }

  private async play(): Promise<void> {
    const { editor } = this;
    if (editor === null) return;
    const text = editor.text();
    this.problem = this.played = null;
    try {
      const [one, other] = this.menus;
      this.played = [
        await ask('scenario', { text, kernel: kernelMenu.choiceOf(one) }),
        await ask('scenario', { text, kernel: kernelMenu.choiceOf(other) }),
      ];
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  private choose(i: number, menu: KernelMenu): void {
    const [one, other] = this.menus;
    this.menus = i === 0 ? [menu, other] : [one, menu];
  }

  override render(): TemplateResult {
    const { editor, menus, played, problem, words } = this;
    return html`<section>
      <div class="editor">${editor?.element ?? nothing}</div>
      <div class="row">
        ${menus.map((menu, i) => kernelMenu.draw(words, i === 0 ? words.kernelA : words.kernelB, menu, (next) => this.choose(i, next)))}
        <button class="step" ?disabled=${editor === null} @click=${this.play}>${words.runBoth}</button>
      </div>
      <div role="status">
        ${problem === null ? nothing : html`<p class="bad">${problem}</p>`}
        ${played === null ? nothing : this.table(...played)}
      </div>
    </section>`;
  }

  private table(left: readonly string[], right: readonly string[]): TemplateResult {
    const { words } = this;
    const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => i);
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${words.answers}>
      <table>
        <thead><tr><th scope="col">${words.kernelA}</th><th scope="col">${words.kernelB}</th></tr></thead>
        <tbody>
          ${rows.map((i) => {
            const differs = left[i] !== right[i];
            return html`<tr class=${differs ? 'differs' : ''}>
              <td>${left[i] ?? ''}</td>
              <td>${differs ? html`≠ ${right[i] ?? ''}` : '='}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`;
  }
}
