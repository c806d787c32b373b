/** What the bench looks like, a file for each part of it. */
import { type CSSResultGroup, css } from 'lit';
import { baseStyles } from '../base_styles.ts';
import { controlsStyles } from './styles/controls.ts';
import { frameStyles } from './styles/frame.ts';
import { kernelStyles } from './styles/kernel.ts';
import { narrowStyles } from './styles/narrow.ts';
import { programStyles } from './styles/program.ts';
import { timelineStyles } from './styles/timeline.ts';
import { treeStyles } from './styles/tree.ts';

const still = css`
  @media (prefers-reduced-motion: reduce) {
    *,
    ::before {
      animation: none !important;
      transition: none !important;
    }
  }
`;

export const styles: CSSResultGroup = [
  baseStyles,
  frameStyles,
  controlsStyles,
  programStyles,
  kernelStyles,
  treeStyles,
  timelineStyles,
  narrowStyles,
  still,
];
