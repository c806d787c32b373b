/// <reference types="vite/client" />

declare module 'virtual:epollsim/functions' {
  /** For each file below src/ the functions in it, and the line that each begins at. */
  const places: Readonly<Record<string, Readonly<Record<string, number>>>>;
  export default places;
}

declare module 'virtual:epollsim/kernels' {
  const kernels: {
    /** The newest first. */
    readonly releases: readonly string[];
    /** The one that is taken where none is named. */
    readonly newest: string;
    readonly commits: readonly {
      readonly id: string;
      readonly release: string;
      readonly title: string;
    }[];
  };
  export default kernels;
}

declare module 'virtual:epollsim/types' {
  /** Declarations by their paths. */
  const files: Readonly<Record<string, string>>;
  export default files;
}

declare module 'virtual:epollsim/scenario-keys' {
  const keys: import('../.vitepress/plugins/scenario_keys.ts').ScenarioKeys;
  export default keys;
}

declare module 'virtual:epollsim/labs' {
  /** In the order of their numbers; what is not translated yet is missing. */
  const labs: Readonly<
    Record<
      'en' | 'zh',
      readonly { readonly number: number; readonly name: string; readonly title: string }[]
    >
  >;
  export default labs;
}
