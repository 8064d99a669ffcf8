/** The build replaces this module by the name of the built file: see `tsdown.config.ts`. */
export const sdkFile = './sdk.ts'
