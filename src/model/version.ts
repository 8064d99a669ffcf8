/** The package's version. `test/package.test.ts` compares this text with package.json. */
export const version = '1.0.0-rc.1'
