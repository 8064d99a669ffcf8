/** The version of the bundled SDK. `test/package.test.ts` compares this text with its package. */
export const sdkVersion = '2.12.1'
