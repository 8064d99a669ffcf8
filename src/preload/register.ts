import { codedError } from '../model/errors/coded-error.ts'
import { errorCodeOf } from '../support/error-code.ts'
import { createRequire } from '../support/process/create-require.ts'
import type * as RuntimeModule from './runtime.ts'
import { startPreload } from './start.ts'

// A bundle of CommonJS has no `import.meta.url`.
const url: string | undefined = import.meta.url
let loader: NodeJS.Require | undefined

const missing =
  'runtime.cjs is missing beside the preload, because a bundler took register.cjs or ' +
  'register.mjs without the other files. Give the bundler the export condition "module", or mark ' +
  'gunicorn-prometheus-exporter as external and install the package beside the bundle'

// Last, because a worker loads the runtime at once.
startPreload({ runtime, load })

/** Node loads `node:module` when the preload loads something. */
function load(): NodeJS.Require {
  loader ??= createRequire(url ?? process.execPath)
  return loader
}

function runtime(): typeof RuntimeModule {
  try {
    return load()('./runtime.cjs')
  } catch (error) {
    if (errorCodeOf(error) !== 'MODULE_NOT_FOUND') throw error
    throw codedError('GPE_BUNDLED', missing, { cause: error })
  }
}
