/** The frame of the bench: what runs, what has just happened, and where the parts are. */
import { type CSSResult, css } from 'lit';

export const frameStyles: CSSResult = css`
  .bench {
    display: flex;
    flex-direction: column;
    border: 1px solid var(--line);
    border-radius: var(--lab-radius, 12px);
    background: var(--bg);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.5rem 1.25rem;
    padding: 0.625rem 1rem;
    border-bottom: 1px solid var(--line);
    background: var(--soft);
    border-radius: var(--lab-radius, 12px) var(--lab-radius, 12px) 0 0;
  }
  .what {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0.25rem 0.75rem;
    min-width: 0;
  }
  .what b,
  .release {
    font-family: var(--mono);
    font-size: 0.8125rem;
  }
  .release {
    color: var(--fg-soft);
    overflow-wrap: anywhere;
  }
  .menus {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 0.875rem;
    min-width: 0;
  }
  .menus label {
    display: flex;
    align-items: center;
    gap: 0.4rem;
    color: var(--fg-soft);
    max-width: 100%;
  }
  .menus select {
    color: var(--fg);
    max-width: clamp(10rem, 16vw, 15rem);
    min-width: 0;
  }
  /* The menus name the kernel already. */
  .menus + .release {
    display: none;
  }
  .actions {
    display: flex;
    align-items: center;
    gap: 0.5rem;
  }
  .actions button {
    min-height: 1.875rem;
    padding: 0 0.625rem;
    font-size: 0.8125rem;
  }
  .actions [role='status']:empty {
    display: none;
  }
  .actions [role='status'] {
    color: var(--accent);
    font-size: 0.8125rem;
  }
  .bar {
    position: sticky;
    top: var(--lab-bar-top, 0);
    z-index: 5;
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 1rem;
    padding: 0.75rem 1rem;
    background: var(--bg);
    border-bottom: 1px solid var(--line);
  }
  .now {
    min-width: 0;
    flex: 1;
  }
  .sentence {
    min-height: 1.5em;
    font-size: 1.0625rem;
    font-weight: 600;
    line-height: 1.4;
    overflow-wrap: anywhere;
  }
  .fn {
    display: inline-block;
    margin-left: 0.5rem;
    font: 400 0.8125rem var(--mono);
  }
  .fn::before {
    content: 'in ';
    font-family: var(--vp-font-family-base, sans-serif);
    color: var(--fg-soft);
  }
  :lang(zh) .fn::before {
    content: '函数 ';
  }
  .count {
    color: var(--fg-soft);
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
  }
  .notices {
    order: 1;
  }
  .notices p {
    padding: 0.5rem 1rem;
    border-top: 1px solid var(--line);
    background: var(--soft);
  }
  .notices p.bad {
    color: var(--bad);
    background: var(--bad-bg);
    overflow-wrap: anywhere;
  }
  .keys {
    order: 2;
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.125rem;
    padding: 0.625rem 1rem 0.75rem;
    color: var(--fg-soft);
    font-size: 0.8125rem;
  }
  .keys li {
    display: flex;
    align-items: center;
    gap: 0.35rem;
  }
  .keys svg {
    width: 16px;
    height: 16px;
    stroke: currentColor;
    stroke-width: 1.8;
    stroke-linejoin: round;
    stroke-linecap: round;
    fill: none;
  }
  .keys path.solid {
    fill: currentColor;
  }
  .keys kbd {
    padding: 0 0.35em;
    border: 1px solid var(--line);
    border-radius: 4px;
    font: 0.75rem / 1.5 var(--mono);
  }
  .stage {
    display: grid;
    grid-template-columns: var(--program, minmax(0, 0.85fr)) minmax(0, 1fr);
    height: clamp(30rem, 66vh, 44rem);
  }
  .program {
    display: flex;
    min-width: 0;
    min-height: 0;
    border-right: 1px solid var(--line);
  }
  .kernel {
    min-width: 0;
    overflow: auto;
    padding: 0.875rem 1rem 1.25rem;
    background: var(--soft);
  }
`;
