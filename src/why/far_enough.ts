/** How many operations and calls an answer looks at, unless told otherwise: all of them are kept. */
export const farEnough = 100_000;
