/** The elements of the lab, by the names that pages give them. */

/** Each is loaded where a page has it. */
const elements: Readonly<Record<string, () => Promise<CustomElementConstructor>>> = {
  'epollsim-bench': async () => (await import('./bench/bench.ts')).EpollsimBench,
  'epollsim-predict': async () => (await import('./predict.ts')).EpollsimPredict,
  'epollsim-progress': async () => (await import('./progress_table.ts')).EpollsimProgress,
  'epollsim-scenario': async () => (await import('./write/scenario.ts')).EpollsimScenario,
  'epollsim-scheduler': async () => (await import('./scheduler.ts')).EpollsimScheduler,
  'epollsim-task': async () => (await import('./task.ts')).EpollsimTask,
  'epollsim-write': async () => (await import('./write/write.ts')).EpollsimWrite,
};

/** From here on those that the page has live; they are defined together, as some listen to others. */
export async function defineElements(): Promise<void> {
  const missing = Object.entries(elements).filter(
    ([name]) => customElements.get(name) === undefined && document.querySelector(name) !== null,
  );
  const loaded = await Promise.all(
    missing.map(async ([name, load]) => [name, await load()] as const),
  );
  for (const [name, element] of loaded) {
    if (customElements.get(name) === undefined) customElements.define(name, element);
  }
}
