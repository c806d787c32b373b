/** The red-black tree. */
import { type CSSResult, css } from 'lit';

export const treeStyles: CSSResult = css`
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
