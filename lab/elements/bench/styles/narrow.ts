/** On a phone the parts are below each other, and what has just happened stays in sight. */
import { type CSSResult, css } from 'lit';

export const narrowStyles: CSSResult = css`
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
    font-size: 0.75rem;
  }
  .narrow .timeline {
    grid-template-columns: minmax(0, 1fr);
    padding: 0.75rem 0.75rem 0.875rem;
  }
  .narrow .lane-names {
    display: none;
  }
  .narrow .keys {
    order: 0;
    padding: 0.5rem 0.75rem 0.625rem;
    border-bottom: 1px solid var(--line);
  }
`;
