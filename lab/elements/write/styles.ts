/** The looks of where programs are written. */
import { type CSSResult, css } from 'lit';

export const styles: CSSResult = css`
  section {
    margin: 1.5rem 0;
    border: 1px solid var(--line);
    border-radius: 12px;
    overflow: hidden;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.625rem 1rem;
    padding: 0.625rem 1rem;
    background: var(--soft);
  }
  .row + .editor,
  .editor + .row {
    border-top: 1px solid var(--line);
  }
  label {
    display: flex;
    align-items: center;
    gap: 0.4rem;
    color: var(--fg-soft);
    max-width: 100%;
  }
  select {
    max-width: 14rem;
    min-width: 0;
    color: var(--fg);
  }
  .editor {
    height: 26rem;
    resize: vertical;
    overflow: auto;
  }
  .bad {
    color: var(--bad);
  }
  .said {
    padding: 0.625rem 1rem;
    border-top: 1px solid var(--line);
  }
  .said p + p {
    margin-top: 0.35rem;
  }
  .said:empty {
    display: none;
  }
  .benches {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr));
    gap: 1rem;
    align-items: start;
  }
`;
