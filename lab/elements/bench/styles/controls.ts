/** The buttons to step with. */
import { type CSSResult, css } from 'lit';

export const controlsStyles: CSSResult = css`
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
`;
