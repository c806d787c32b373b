/** The theme: VitePress's own without its fonts, the lab's colours, and its elements. */
import { type Theme, withBase } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { nextTick, onMounted } from 'vue';
import './style.css';

const theme: Theme = {
  extends: DefaultTheme,
  setup() {
    // Behind Vue's first look at the page: what an element changes in itself it would not know again.
    onMounted(async () => {
      await nextTick();
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
