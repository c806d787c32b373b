/** What the bench looks like. */
import { type CSSResultGroup, css } from 'lit';
import { baseStyles } from '../base_styles.ts';

const frame = css`
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
    max-width: 15rem;
    min-width: 0;
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
    margin-left: 0.5rem;
    font: 400 0.8125rem var(--mono);
  }
  .fn::before {
    content: 'in ';
    font-family: var(--vp-font-family-base, sans-serif);
    color: var(--fg-soft);
  }
  :lang(zh) .fn::before {
    content: '于 ';
  }
  .count {
    color: var(--fg-soft);
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
  }
  .controls {
    display: flex;
    gap: 0.25rem;
    flex: none;
  }
  .controls button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.35rem;
    min-width: 2.375rem;
    padding: 0 0.5rem;
  }
  .controls .step {
    padding: 0 0.9rem 0 0.6rem;
  }
  .controls select {
    padding: 0 0.25rem;
  }
  .controls path {
    fill: none;
  }
  .controls path.solid {
    fill: currentColor;
  }
  .controls svg {
    width: 20px;
    height: 20px;
    stroke: currentColor;
    stroke-width: 1.8;
    stroke-linejoin: round;
    stroke-linecap: round;
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
    padding: 0.5rem 1rem 0.75rem;
    color: var(--fg-soft);
    font-size: 0.75rem;
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

const program = css`
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
    font-size: 0.71875rem;
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

const kernel = css`
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
    font: 0.75rem var(--mono);
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
    color: var(--fg-soft);
    border-style: dashed;
    background: none;
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
  .tree {
    display: block;
    max-width: 100%;
    height: auto;
    margin: 0 auto;
    overflow: visible;
  }
  .tree line {
    stroke: var(--fg-soft);
    stroke-width: 1.5;
  }
  .node {
    transition: transform 0.25s ease;
  }
  .node circle {
    fill: #1d2327;
    stroke: var(--lab-node-line, #fff);
    stroke-width: 1.5;
  }
  .node.red circle {
    fill: #b8322a;
  }
  .node .ring {
    fill: none !important;
    stroke: #fff;
    stroke-width: 1.2;
  }
  .node .halo {
    fill: var(--accent-bg) !important;
    stroke: var(--accent);
    stroke-width: 2;
  }
  .node.changed {
    background: none;
    animation: none;
  }
  .node text {
    text-anchor: middle;
    font: 11px var(--mono);
    fill: var(--fg);
  }
  .node .mask {
    paint-order: stroke;
    stroke: var(--bg);
    stroke-width: 4px;
    stroke-linejoin: round;
  }
  .node .fd {
    font-weight: 700;
    font-size: 13px;
    fill: #fff;
  }
  .node.disarmed .mask {
    font-style: italic;
  }
  .node.disarmed circle:not(.halo) {
    stroke: var(--fg-soft);
    stroke-dasharray: 3 3;
    stroke-width: 2;
  }
`;

const timeline = css`
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

/** On a phone the parts are below each other, and what has just happened stays in sight. */
const narrow = css`
  .narrow .notices {
    order: 0;
  }
  .narrow .stage {
    order: 1;
  }
  .narrow .timeline {
    border-top: 0;
    border-bottom: 1px solid var(--line);
    padding-bottom: 0.875rem;
  }
  .narrow .bar {
    flex-direction: column;
    align-items: stretch;
    gap: 0.5rem;
    padding: 0.625rem 0.75rem;
  }
  .narrow .bar .now {
    min-height: 4.4em;
  }
  .narrow .sentence {
    font-size: 0.9375rem;
  }
  .narrow .controls {
    justify-content: space-between;
  }
  .narrow .controls button {
    flex: 1;
    min-width: 0;
    padding: 0;
    min-height: 2.75rem;
  }
  .narrow .controls .step span {
    display: none;
  }
  .narrow .controls .step {
    flex: 1.6;
  }
  .narrow .controls select {
    min-height: 2.75rem;
  }
  .narrow .stage {
    display: block;
    height: auto;
  }
  .narrow .program {
    max-height: 15rem;
    border-right: 0;
    border-bottom: 1px solid var(--line);
  }
  .narrow .program:has(.editor) {
    max-height: none;
    height: 26rem;
  }
  .narrow .kernel {
    padding: 0.75rem;
  }
  .narrow .listing {
    font-size: 0.71875rem;
  }
  .narrow .timeline {
    grid-template-columns: minmax(0, 1fr);
    padding: 0.75rem 0.75rem 0.875rem;
  }
  .narrow .lane-names {
    display: none;
  }
`;

const still = css`
  @media (prefers-reduced-motion: reduce) {
    *,
    ::before {
      animation: none !important;
      transition: none !important;
    }
  }
`;

export const styles: CSSResultGroup = [baseStyles, frame, program, kernel, timeline, narrow, still];
