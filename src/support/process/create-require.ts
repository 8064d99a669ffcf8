import type * as NodeModule from 'node:module'
import { resolve } from 'node:path'
import { codedError } from '../../model/errors/coded-error.ts'

// Taken now: an application may replace the function later.
const getBuiltinModule = builtinGetter()

/**
 * The function of `node:module`. Bundlers must not recognise the function: webpack replaces calls
 * by `undefined`. Node loads its module at the first call. Nothing is lost by the delay: each
 * `require` calls functions of this module that an application can replace at any time.
 *
 * Without /proc, `process.execPath` is the first word of the command line, such as `node`.
 */
export const createRequire: typeof NodeModule.createRequire = (place) =>
  nodeModule().createRequire(place === process.execPath ? resolve(place) : place)

/** `node:module`. Node loads the module at the first call. */
export function nodeModule(): Pick<typeof NodeModule, 'createRequire'> {
  return getBuiltinModule('node:module')
}

/** Node.js has the function since 20.16. Without it, the error would say too little. */
function builtinGetter(): typeof process.getBuiltinModule {
  const { getBuiltinModule: get } = process
  if (typeof get === 'function') return get
  throw codedError(
    'GPE_NODE_TOO_OLD',
    `gunicorn-prometheus-exporter needs Node.js 20.19 or later; this is ${process.version}. ` +
      'Use a newer Node.js',
  )
}
