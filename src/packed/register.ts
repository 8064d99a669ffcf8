import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import type * as RuntimeModule from '../preload/runtime.ts'
import { startPreload } from '../preload/start.ts'
import { createRequire } from '../support/process/create-require.ts'
import { packagePlace } from './package-place.ts'
import { programTexts } from './program-texts.ts'

/*
 * The preload for bundlers, which take one file and leave the others behind. This file contains the
 * texts of the other files.
 */

const directory = packagePlace(import.meta.url)
const path = join(directory, 'runtime.cjs')
const load = createRequire(path)
let loaded: typeof RuntimeModule | undefined

startPreload({
  runtime() {
    loaded ??= compiled()
    return loaded
  },
  load: () => load,
  programTexts,
})

/** Runs the text of the runtime as Node.js would run the file. */
function compiled(): typeof RuntimeModule {
  const names = ['exports', 'require', 'module', '__filename', '__dirname']
  const run = compileFunction(programTexts['runtime.cjs'] ?? '', names, { filename: path })
  const module = { exports: {} }
  run(module.exports, load, module, path, directory)
  return module.exports as typeof RuntimeModule
}
