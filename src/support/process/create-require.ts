import type * as NodeModule from 'node:module'
import { resolve } from 'node:path'

/**
 * The function of `node:module`. Bundlers must not recognise the function: webpack replaces calls
 * by `undefined`.
 */
const create = builtinModule().createRequire

/** Without /proc, `process.execPath` is the first word of the command line, such as `node`. */
export const createRequire: typeof NodeModule.createRequire = (place) =>
  create(place === process.execPath ? resolve(place) : place)

/** Node.js has the function since 20.16. Without it, the error would say too little. */
function builtinModule(): Pick<typeof NodeModule, 'createRequire'> {
  if (typeof process.getBuiltinModule === 'function') return process.getBuiltinModule('node:module')
  throw new Error(
    `gunicorn-prometheus-exporter needs Node.js 20.19 or later; this is ${process.version}. ` +
      'Use a newer Node.js',
  )
}
