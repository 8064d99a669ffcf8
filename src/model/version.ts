/** The package's version. `test/package.test.ts` compares this text with package.json. */
export const version = '0.1.0'
