/** What is scrolled, and when. */

/** Scrolls a panel, and nothing around it, so far that an element in it can be seen. */
export function keepInView(panel: Element, element: Element | null): void {
  if (element === null) return;
  const outer = panel.getBoundingClientRect();
  const inner = element.getBoundingClientRect();
  const margin = Math.min(60, outer.height / 4);
  const above = inner.top - outer.top - margin;
  const below = inner.bottom - outer.bottom + margin;
  if (above < 0) panel.scrollTop += above;
  else if (below > 0) panel.scrollTop += below;
}

/** Comes when somebody is about to see the element. */
export function whenNear(element: Element): Promise<void> {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        resolve();
      },
      { rootMargin: '400px' },
    );
    observer.observe(element);
  });
}
