/** The elements of the lab, by the names that pages give them. */
import { EpollsimBench } from './bench/bench.ts';
import { EpollsimPredict } from './predict.ts';
import { EpollsimProgress } from './progress_table.ts';
import { EpollsimScheduler } from './scheduler.ts';
import { EpollsimTask } from './task.ts';
import { EpollsimScenario } from './write/scenario.ts';
import { EpollsimWrite } from './write/write.ts';

const elements: Readonly<Record<string, CustomElementConstructor>> = {
  'epollsim-bench': EpollsimBench,
  'epollsim-predict': EpollsimPredict,
  'epollsim-progress': EpollsimProgress,
  'epollsim-scenario': EpollsimScenario,
  'epollsim-scheduler': EpollsimScheduler,
  'epollsim-task': EpollsimTask,
  'epollsim-write': EpollsimWrite,
};

/** From here on they live, on this page and those that follow. */
export function defineElements(): void {
  for (const [name, element] of Object.entries(elements)) {
    if (customElements.get(name) === undefined) customElements.define(name, element);
  }
}
