/** Which lab a page is: `…/labs/03-callback` is lab 3; 0 where it is none. */
export const labOfPage = (): number => Number(/\/labs\/(\d\d)-/.exec(location.pathname)?.[1] ?? 0);
