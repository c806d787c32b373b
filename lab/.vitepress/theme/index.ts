/** The theme: VitePress's own without its fonts, the lab's colours, and its elements. */
import { onContentUpdated, type Theme, useData, useRoute, withBase } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { nextTick, onMounted, watch } from 'vue';
import { progressChanged } from '../../elements/progress.ts';
import { LabList, markDone } from './labs.ts';
import { nameMenus } from './menus.ts';
import './style.css';

/** The theme's first page has no main part; who listens to pages skips to it. */
function markMain(): void {
  const content = document.getElementById('VPContent');
  if (document.querySelector('main') === null) content?.setAttribute('role', 'main');
  else content?.removeAttribute('role');
}

const theme: Theme = {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('LabList', LabList);
  },
  setup() {
    const { lang } = useData();
    const route = useRoute();
    const mark = (): void =>
      void nextTick(() => {
        markDone(lang.value);
        markMain();
        nameMenus(lang.value);
      });
    watch(() => route.path, mark);
    let defineElements: (() => Promise<void>) | undefined;
    onContentUpdated(() => void defineElements?.());
    // Behind Vue's first look at the page: what an element changes in itself it would not know again.
    onMounted(async () => {
      mark();
      addEventListener(progressChanged, mark);
      const [elements, { setBase }] = await Promise.all([
        import('../../elements/index.ts'),
        import('../../elements/site.ts'),
      ]);
      setBase(new URL(withBase('/'), location.href).href);
      defineElements = elements.defineElements;
      await defineElements();
    });
  },
};

export default theme;
