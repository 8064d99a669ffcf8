import type * as NodeModule from 'node:module'

/**
 * The function of `node:module`. Bundlers must not recognise the function: webpack replaces calls
 * by `undefined`.
 */
export const createRequire: typeof NodeModule.createRequire = builtinModule().createRequire

/** Node.js has the function since 20.16. Without it, the error would say too little. */
function builtinModule(): Pick<typeof NodeModule, 'createRequire'> {
  if (typeof process.getBuiltinModule === 'function') return process.getBuiltinModule('node:module')
  throw new Error(
    `gunicorn-prometheus-exporter needs Node.js 20.19 or later; this is ${process.version}. ` +
      'Use a newer Node.js',
  )
}
