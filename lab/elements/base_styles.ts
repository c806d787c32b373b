/** What all elements look like: the colours of the page's theme, and the letters of kernel things. */
import { type CSSResult, css } from 'lit';

export const baseStyles: CSSResult = css`
  :host {
    display: block;
    --bg: var(--vp-c-bg, #fff);
    --soft: var(--vp-c-bg-soft, #f5f7f8);
    --line: var(--vp-c-divider, #e0e5e8);
    --fg: var(--vp-c-text-1, #1d2327);
    --fg-soft: var(--vp-c-text-2, #505b63);
    --accent: var(--vp-c-brand-1, #0b6e69);
    --accent-bg: var(--lab-accent-bg, #dff2f0);
    --on-accent: var(--lab-on-accent, #fff);
    --bad: var(--lab-bad, #b3261e);
    --bad-bg: var(--lab-bad-bg, #fdecea);
    --mono: var(--vp-font-family-mono, ui-monospace, monospace);
    color: var(--fg);
    font-size: 0.875rem;
    line-height: 1.5;
  }
  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }
  p,
  ol,
  ul,
  dl,
  dd,
  figure,
  h3,
  h4,
  pre,
  fieldset {
    margin: 0;
    padding: 0;
    border: 0;
  }
  ol,
  ul {
    list-style: none;
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  button,
  select {
    min-height: 2.25rem;
    padding: 0 0.75rem;
    border: 1px solid var(--line);
    border-radius: 7px;
    background: var(--bg);
    cursor: pointer;
  }
  button:hover:not(:disabled),
  select:hover {
    border-color: var(--accent);
  }
  button:disabled {
    color: var(--fg-soft);
    opacity: 0.55;
    cursor: default;
  }
  button.step {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  button.step:disabled {
    color: var(--on-accent);
  }
  a {
    color: var(--accent);
    text-underline-offset: 3px;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  code,
  pre {
    font-family: var(--mono);
    font-size: 0.92em;
  }
  em:not(.verdict):lang(zh) {
    font-style: normal;
    text-emphasis: filled dot;
    text-emphasis-position: under right;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
