/** Programs are ES modules, and nothing has to be translated. */
export default { testMatch: ['**/*.test.mjs'], transform: {} };
