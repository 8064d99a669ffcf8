import { join } from 'node:path'
import type * as RuntimeModule from '../preload/runtime.ts'
import { startPreload } from '../preload/start.ts'
import { compiledProgram } from '../support/process/compiled-program.ts'
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

function compiled(): typeof RuntimeModule {
  const text = programTexts['runtime.cjs'] ?? ''
  return compiledProgram(text, { path, load }) as typeof RuntimeModule
}
