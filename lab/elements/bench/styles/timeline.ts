/** The timeline: lanes, calls as bars, the cursor. */
import { type CSSResult, css } from 'lit';

export const timelineStyles: CSSResult = css`
  .timeline {
    display: grid;
    grid-template-columns: minmax(3.5rem, max-content) minmax(0, 1fr);
    gap: 0 0.75rem;
    padding: 0.875rem 1rem 0.25rem;
    border-top: 1px solid var(--line);
  }
  .lane-names {
    max-width: 9rem;
    font: 0.75rem / 26px var(--mono);
    color: var(--fg-soft);
  }
  .lane-names li {
    height: 26px;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .lane-names .active {
    color: var(--accent);
    font-weight: 700;
  }
  .track {
    position: relative;
  }
  .lane {
    position: relative;
    height: 26px;
    border-bottom: 1px solid var(--line);
  }
  .lane svg {
    position: absolute;
    inset: 18px 0 1px;
    width: 100%;
    height: 6px;
  }
  .lane path {
    fill: none;
    stroke: var(--fg-soft);
    stroke-width: 1;
    vector-effect: non-scaling-stroke;
  }
  .lane .wakeups {
    stroke: var(--accent);
    stroke-width: 3;
  }
  .span {
    position: absolute;
    top: 2px;
    height: 15px;
    overflow: hidden;
    padding: 0 3px;
    border-radius: 3px;
    background: var(--soft);
    box-shadow: inset 0 0 0 1px var(--line);
    color: var(--fg-soft);
    font: 0.65625rem / 15px var(--mono);
    white-space: nowrap;
  }
  .span.now {
    background: var(--accent-bg);
    box-shadow: inset 0 0 0 1px var(--accent);
    color: var(--fg);
  }
  .cursor {
    position: absolute;
    top: -5px;
    bottom: -3px;
    width: 2px;
    margin-left: -1px;
    background: var(--accent);
    pointer-events: none;
  }
  .cursor::before {
    content: '';
    position: absolute;
    top: -4px;
    left: -4px;
    border: 5px solid transparent;
    border-top-color: var(--accent);
    border-bottom: 0;
  }
  .track input {
    position: absolute;
    inset: -6px 0;
    width: 100%;
    height: calc(100% + 12px);
    margin: 0;
    opacity: 0;
    cursor: ew-resize;
    appearance: none;
  }
  .track input::-webkit-slider-thumb {
    appearance: none;
    width: 1px;
    height: 100%;
  }
  .track input::-moz-range-thumb {
    width: 1px;
    border: 0;
  }
  .track:focus-within {
    outline: 2px solid var(--accent);
    outline-offset: 6px;
    border-radius: 2px;
  }
`;
