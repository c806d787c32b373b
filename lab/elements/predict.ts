/**
 * `<epollsim-predict answer="2">`: makes a quiz of a question (paragraphs), an ordered list of answers,
 * and a quotation that says which is right and why. Without scripts they are read as they are.
 */
import { css, html, nothing, type TemplateResult } from 'lit';
import { SpeakingElement } from './base_elements.ts';
import { baseStyles } from './base_styles.ts';
import { labOfPage } from './lab_number.ts';
import { noteAnswer, progressOf } from './progress.ts';

export class EpollsimPredict extends SpeakingElement {
  static override styles = [
    baseStyles,
    css`
      :host {
        margin: 1.5rem 0;
        font-size: 1rem;
        line-height: 1.65;
      }
      form {
        padding: 1.125rem 1.375rem 1.25rem;
        border: 1px solid var(--line);
        border-left: 4px solid var(--accent);
        border-radius: 10px;
        background: var(--soft);
      }
      .title {
        margin-bottom: 0.25rem;
        color: var(--accent);
        font-size: 0.8125rem;
        font-weight: 600;
      }
      legend {
        float: left;
        width: 100%;
        margin-bottom: 0.625rem;
        padding: 0;
        font-weight: 600;
      }
      legend p + p {
        margin-top: 0.5rem;
      }
      label {
        clear: both;
        display: flex;
        gap: 0.625rem;
        align-items: baseline;
        margin: 0 -0.625rem;
        padding: 0.35rem 0.625rem;
        border-radius: 7px;
        cursor: pointer;
      }
      label:hover {
        background: var(--bg);
      }
      label input {
        flex: none;
        accent-color: var(--accent);
        transform: translateY(0.1em);
      }
      .letter {
        color: var(--fg-soft);
        font-variant-numeric: tabular-nums;
      }
      .is-right {
        background: var(--accent-bg);
      }
      .is-right:hover {
        background: var(--accent-bg);
      }
      em.verdict {
        margin-left: 0.5rem;
        color: var(--accent);
        font-style: normal;
        font-weight: 600;
        font-size: 0.875rem;
        white-space: nowrap;
      }
      .actions {
        display: flex;
        align-items: center;
        gap: 0.875rem;
        margin-top: 0.75rem;
        font-size: 0.875rem;
      }
      .why {
        margin-top: 0.875rem;
        padding-top: 0.875rem;
        border-top: 1px solid var(--line);
      }
      .why p + p {
        margin-top: 0.5rem;
      }
      .why strong {
        color: var(--accent);
      }
      code {
        padding: 0.1em 0.3em;
        border-radius: 4px;
        background: var(--bg);
        font-size: 0.875em;
        overflow-wrap: anywhere;
      }
    `,
  ];
  static override properties = {
    answer: { type: Number },
    chosen: { state: true },
    given: { state: true },
    isAsked: { state: true },
  };

  /** The number of the right answer, from 1. */
  declare answer: number;
  /** Which is marked, from 1; 0 if none is. */
  declare chosen: number;
  /** Which was answered; 0 if none was. */
  declare given: number;
  /** The button was pressed before an answer was chosen. */
  declare isAsked: boolean;

  constructor() {
    super();
    this.answer = this.chosen = this.given = 0;
    this.isAsked = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.chosen = this.given = progressOf(labOfPage()).predictions[this.index]?.chosen ?? 0;
  }

  /** Its place among the questions of the page, from 0. */
  private get index(): number {
    return [...document.querySelectorAll('epollsim-predict')].indexOf(this);
  }

  private reply(event: Event): void {
    event.preventDefault();
    this.isAsked = this.chosen === 0;
    if (this.isAsked) return;
    this.given = this.chosen;
    const lab = labOfPage();
    const { answer, chosen } = this;
    if (lab !== 0) noteAnswer(lab, this.index, { chosen, right: chosen === answer });
  }

  private again(): void {
    this.given = this.chosen = 0;
  }

  override render(): TemplateResult {
    const { answer, given, words } = this;
    const answers = [...this.querySelectorAll(':scope > ol > li')];
    const question = [...this.children].filter(
      (child) => !/^(ol|blockquote)$/i.test(child.tagName),
    );
    const isOver = given !== 0;
    return html`<form @submit=${this.reply}>
      <p class="title">${words.question}</p>
      <fieldset>
        <legend>${question.map((one) => one.cloneNode(true))}</legend>
        ${answers.map((one, i) => this.choice(one, i + 1))}
      </fieldset>
      <div class="actions">
        ${isOver ? html`<button type="button" @click=${this.again}>${words.again}</button>` : html`<button class="step">${words.answer}</button>`}
        <span role="status">${this.isAsked && this.chosen === 0 ? words.chooseFirst : nothing}</span>
      </div>
      <div role="status">
        ${
          isOver
            ? html`<div class="why">
                <p><strong>${given === answer ? words.right : words.wrong(String(given))}</strong></p>
                ${[...this.querySelectorAll(':scope > blockquote > *')].map((one) => one.cloneNode(true))}
              </div>`
            : nothing
        }
      </div>
    </form>`;
  }

  private choice(text: Element, number: number): TemplateResult {
    const { answer, chosen, given, words } = this;
    const isOver = given !== 0;
    const verdict = [
      ...(isOver && number === answer ? [words.right] : []),
      ...(isOver && number === given ? [words.youSaid] : []),
    ].join(' ');
    return html`<label class=${isOver && number === answer ? 'is-right' : ''}>
      <input
        type="radio"
        name="answer"
        .checked=${number === chosen}
        ?disabled=${isOver}
        @change=${() => {
          this.chosen = number;
        }}
      />
      <span class="letter">${number}.</span>
      <span>${[...text.childNodes].map((node) => node.cloneNode(true))}${verdict === '' ? nothing : html`<em class="verdict">${verdict}</em>`}</span>
    </label>`;
  }
}
