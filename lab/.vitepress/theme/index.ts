/** The theme: VitePress's own without its fonts, the lab's colours, and its elements. */
import { type Theme, useData, useRoute, withBase } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { h, nextTick, onMounted, watch } from 'vue';
import { progressChanged } from '../../elements/progress.ts';
import { LabList, LabTitle, markDone } from './labs.ts';
import './style.css';

const theme: Theme = {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'doc-before': () => h(LabTitle) }),
  enhanceApp({ app }) {
    app.component('LabList', LabList);
  },
  setup() {
    const { lang } = useData();
    const route = useRoute();
    const mark = (): void => void nextTick(() => markDone(lang.value));
    watch(() => route.path, mark);
    // Behind Vue's first look at the page: what an element changes in itself it would not know again.
    onMounted(async () => {
      mark();
      addEventListener(progressChanged, mark);
      const [{ defineElements }, { setBase }] = await Promise.all([
        import('../../elements/index.ts'),
        import('../../elements/site.ts'),
      ]);
      setBase(new URL(withBase('/'), location.href).href);
      defineElements();
    });
  },
};

export default theme;
