/** The program: listings, columns of threads, the editor. */
import { type CSSResult, css } from 'lit';

export const programStyles: CSSResult = css`
  .listing {
    counter-reset: line;
    flex: 1;
    min-width: 0;
    min-height: 0;
    overflow: auto;
    padding: 0.75rem 0 2rem;
    font: 0.78125rem / 1.65 var(--mono);
  }
  .listing li {
    counter-increment: line;
    position: relative;
    display: flex;
    align-items: flex-start;
    min-height: 1.65em;
    padding-right: 0.5rem;
    border-left: 3px solid transparent;
  }
  .listing li::before {
    content: counter(line);
    flex: none;
    width: 2.4rem;
    padding-right: 0.75rem;
    text-align: right;
    color: var(--fg-soft);
    opacity: 0.75;
    user-select: none;
  }
  .listing code {
    flex: 1;
    font: inherit;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    padding-left: 2ch;
    text-indent: -2ch;
  }
  .listing .here {
    background: var(--soft);
    border-left-color: var(--fg-soft);
  }
  .listing .lit {
    background: var(--accent-bg);
    border-left-color: var(--accent);
  }
  .lit::before {
    opacity: 1;
  }
  .thread {
    flex: none;
    margin: 0.1em 0 0 0.3rem;
    padding: 0 0.4em;
    border: 1px solid var(--fg-soft);
    border-radius: 99px;
    background: var(--bg);
    font-size: 0.6875rem;
    line-height: 1.5;
  }
  .thread.active {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  .columns {
    flex: 1;
    display: grid;
    grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
    min-width: 0;
  }
  .column {
    display: flex;
    flex-direction: column;
    min-height: 0;
    min-width: 0;
  }
  .column + .column {
    border-left: 1px solid var(--line);
  }
  .column .title {
    padding: 0.4rem 0.75rem;
    border-bottom: 1px solid var(--line);
    font: 500 0.8125rem var(--mono);
    color: var(--fg-soft);
  }
  .column.active .title {
    color: var(--accent);
    font-weight: 700;
    box-shadow: inset 0 -2px var(--accent);
  }
  .column .listing {
    font-size: 0.75rem;
  }
  .column .listing li::before {
    width: 1.9rem;
    padding-right: 0.5rem;
  }
  .column .thread {
    display: none;
  }
  .comment {
    color: var(--fg-soft);
    font-style: italic;
  }
  .keyword {
    color: var(--lab-keyword, #5a3ea8);
  }
  .string {
    color: var(--lab-string, #7a4a00);
  }
  .number,
  .constant {
    color: var(--lab-number, #8a3b12);
  }
  .editor {
    display: flex;
    flex-direction: column;
    flex: 1;
    min-width: 0;
  }
  .editor > div {
    flex: 1;
    min-height: 0;
    overflow: auto;
  }
  .editor p {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
    padding: 0.5rem 0.75rem;
    border-top: 1px solid var(--line);
    color: var(--fg-soft);
    font-size: 0.75rem;
  }
`;
