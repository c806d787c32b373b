/** The kernel's half: instances, files, tasks, and what has changed. */
import { type CSSResult, css } from 'lit';

export const kernelStyles: CSSResult = css`
  .head {
    margin: 0.875rem 0 0.375rem;
    color: var(--fg-soft);
    font-size: 0.75rem;
    font-weight: 600;
    letter-spacing: 0.02em;
  }
  .head:first-child {
    margin-top: 0;
  }
  .card {
    margin-bottom: 0.5rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--line);
    border-radius: 9px;
    background: var(--bg);
  }
  .instances {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr));
    gap: 0.5rem;
    margin-bottom: 0.875rem;
  }
  .card.epoll {
    margin-bottom: 0;
    padding: 0.625rem 0.875rem 0.75rem;
  }
  .card .title {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.25rem 0.625rem;
    font-size: 0.8125rem;
    font-weight: 400;
  }
  .name {
    font: 700 0.875rem var(--mono);
  }
  .fds,
  .lock {
    display: inline-flex;
    gap: 0.4rem;
    color: var(--fg-soft);
    font: 0.75rem var(--mono);
  }
  .lock {
    color: var(--fg);
  }
  .parts {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1.5rem;
    margin-top: 0.375rem;
  }
  .rbr {
    flex: 1 1 7rem;
    min-width: 0;
  }
  figcaption {
    color: var(--fg-soft);
    font: 0.75rem var(--mono);
  }
  .parts dl {
    flex: 1.4 1 11rem;
    align-self: center;
  }
  dl {
    display: grid;
    grid-template-columns: max-content minmax(0, 1fr);
    align-items: baseline;
    gap: 0.3rem 0.75rem;
  }
  dt {
    color: var(--fg-soft);
    font: 0.8125rem var(--mono);
  }
  dd {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem;
    min-width: 0;
    min-height: 1.5rem;
    align-items: baseline;
  }
  .none {
    color: var(--fg-soft);
    font-size: 0.8125rem;
  }
  .none.changed {
    background: none;
    color: var(--accent);
    font-weight: 600;
  }
  .chip {
    display: inline-flex;
    align-items: baseline;
    gap: 0.35rem;
    padding: 0 0.45rem;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--soft);
    font: 0.78125rem / 1.6 var(--mono);
  }
  .chip b {
    font-weight: 500;
  }
  .chip small {
    color: var(--fg-soft);
    font: 0.6875rem var(--vp-font-family-base, sans-serif);
  }
  .changed {
    border-radius: 5px;
    background: var(--accent-bg);
    box-shadow: 0 0 0 2px var(--accent-bg);
    animation: arrive 0.5s ease-out;
  }
  .chip.changed {
    border-color: var(--accent);
    box-shadow: none;
  }
  .mark::before {
    content: '◆';
    margin-right: 0.25em;
    color: var(--accent);
    font: normal 0.7em / 1 sans-serif;
    vertical-align: 0.12em;
  }
  @keyframes arrive {
    from {
      background: color-mix(in srgb, var(--accent) 45%, transparent);
    }
  }
  .ghost {
    padding: 0 0.35em;
    border: 1px dashed var(--line);
    border-radius: 6px;
    background: none;
    color: var(--fg-soft);
  }
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr));
    gap: 0 0.875rem;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 0.15rem 0.75rem;
    color: var(--fg-soft);
    font-size: 0.8125rem;
  }
  .facts .chip + .chip {
    margin-left: 0.25rem;
  }
  .facts b,
  .facts .value {
    color: var(--fg);
    font-weight: 500;
  }
  .file dl {
    margin-top: 0.25rem;
  }
  .task .title {
    gap: 0.4rem;
  }
  .task .state {
    color: var(--fg-soft);
  }
  .dot {
    width: 9px;
    height: 9px;
    border: 2px solid var(--fg-soft);
    border-radius: 50%;
  }
  .running .dot {
    border-color: var(--accent);
    background: var(--accent);
  }
  .runnable .dot {
    border-color: var(--accent);
  }
  .asleep .dot {
    border-style: dotted;
  }
  .task.active {
    border-color: var(--accent);
  }
  .dead {
    opacity: 0.75;
  }
  .clock {
    margin-top: 0.75rem;
    color: var(--fg-soft);
    font-size: 0.75rem;
    font-variant-numeric: tabular-nums;
  }
`;
