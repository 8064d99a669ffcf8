import type * as NodeModule from 'node:module'

/**
 * The function of `node:module`. Bundlers must not recognise the function: webpack replaces calls
 * by `undefined`.
 */
export const createRequire: typeof NodeModule.createRequire =
  process.getBuiltinModule('node:module').createRequire
