import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { environment } from '../../../src/config/environment.ts'
import { bundledProgram } from '../../support/packing/bundled-program.ts'
import type { Bundler, Format } from '../../support/packing/bundlers.ts'
import { checkPacked } from '../../support/packing/packed-run.ts'
import { eventually, nodeUnderTest, startApp, startProgram } from '../../support/programs/app.ts'

/*
 * Bundles a program, moves the bundle away from all packages, and runs the bundle as a cluster and
 * as a single process. `npm run test:packing` runs all cells.
 */

/** Where the preload and the package are. */
type Place = 'preload inside' | 'preload outside' | 'preload inside, package external'

interface Cell {
  readonly bundler: Bundler
  readonly format: Format
  readonly place: Place
  readonly isMinified: boolean
}

const name = 'gunicorn-prometheus-exporter'

async function check(context: TestContext, { place, ...options }: Cell): Promise<void> {
  const isExternal = place.endsWith('external')
  const isOutside = place === 'preload outside'
  const file = await bundledProgram(context, {
    ...options,
    program: { file: isOutside ? 'app.mjs' : 'preloaded.mjs' },
    external: isExternal ? [name, `${name}/register`] : [],
    isInstalled: isExternal,
  })
  if (file === undefined) return
  for (const workers of [0, 2]) {
    const preload = isOutside ? 'require' : 'none'
    const env = { WORKERS: `${workers}` }
    await checkPacked(await startApp({ file, preload, cwd: dirname(file), env }), workers)
  }
}

const places: readonly Place[] = [
  'preload inside',
  'preload outside',
  'preload inside, package external',
]

const all: readonly Cell[] = (['esbuild', 'webpack', 'rollup', 'ncc'] as const).flatMap((bundler) =>
  (['cjs', 'esm'] as const).flatMap((format) =>
    places.flatMap((place) =>
      [false, true].map((isMinified) => ({ bundler, format, place, isMinified })),
    ),
  ),
)

/** The form of each bundler that people use most, and each place. */
const fast: readonly Cell[] = [
  { bundler: 'esbuild', format: 'cjs', place: 'preload inside', isMinified: true },
  { bundler: 'esbuild', format: 'esm', place: 'preload inside', isMinified: false },
  { bundler: 'esbuild', format: 'cjs', place: 'preload outside', isMinified: false },
  {
    bundler: 'esbuild',
    format: 'esm',
    place: 'preload inside, package external',
    isMinified: true,
  },
  { bundler: 'webpack', format: 'cjs', place: 'preload inside', isMinified: false },
  { bundler: 'rollup', format: 'esm', place: 'preload inside', isMinified: false },
]

const { PACKING: chosen = 'fast' } = environment()

describe('A bundle runs with right counts and without output', () => {
  for (const cell of chosen === 'all' ? all.filter(isPossible) : fast) {
    const { bundler, format, place, isMinified } = cell
    const form = `${format}${isMinified ? ', minified' : ''}`
    test(`by ${bundler} (${form}): ${place}`, (context) => check(context, cell))
  }
})

/** rollup minifies nothing by itself. ncc ignores the condition "module", and keeps ES modules. */
function isPossible({ bundler, format, place, isMinified }: Cell): boolean {
  if (bundler === 'rollup') return !isMinified
  return bundler !== 'ncc' || (format === 'esm' && place !== 'preload inside')
}

describe('A bundle that lacks the files of the package says what to do', () => {
  for (const format of ['cjs', 'esm'] as const) {
    test(`with the preload, and lets the application run (${format})`, async (context) => {
      const text = `import '${name}/register'\nimport './app.mjs'\n`
      // Without "module", esbuild takes register.mjs.
      const app = await started(context, { format, text, conditions: ['import'] })
      if (app === undefined) return
      await eventually(() => assert.match(app.stdout(), /^ready \d+$/m, app.stderr()))
      app.child.kill('SIGTERM')
      assert.equal((await app.ended).code, 0)
      assert.match(app.stderr(), /^gunicorn-prometheus-exporter: .*mark .* as external.*\n$/)
    })

    test(`with a master (${format})`, async (context) => {
      const call = "runMaster({ app: 'app.mjs', workers: 1 })"
      const text = `import { runMaster } from '${name}/run'\n${call}\n`
      const app = await started(context, { format, text })
      if (app === undefined) return
      assert.equal((await app.ended).code, 1)
      assert.match(app.stderr(), /Error: .*\/run needs .* Mark .* as external/)
    })
  }
})

interface Started {
  readonly format: Format
  readonly text: string
  readonly conditions?: readonly string[]
}

/** Bundles the text with esbuild, and starts the bundle. */
async function started(context: TestContext, { text, ...options }: Started) {
  const file = await bundledProgram(context, {
    ...{ bundler: 'esbuild', isMinified: false, external: [], isInstalled: false },
    ...options,
    program: { text },
  })
  if (file === undefined) return undefined
  return startProgram([nodeUnderTest, file], { PROMETHEUS_METRICS_PORT: '0' }, dirname(file))
}
