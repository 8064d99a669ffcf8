import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { environment } from '../../../src/config/environment.ts'
import {
  type Bundler,
  bundle,
  type Format,
  installBundler,
} from '../../support/packing/bundlers.ts'
import { checkPacked } from '../../support/packing/packed-run.ts'
import { fixtures, startApp } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { needed } from '../../support/tools.ts'

/*
 * Bundles a program, moves the bundle away from all packages, and runs the bundle as a cluster and
 * as a single process. `npm run test:packing` runs all cells.
 */

const root = join(import.meta.dirname, '../../..')
const name = 'gunicorn-prometheus-exporter'

/** Where the preload and the package are. */
type Place = 'preload inside' | 'preload outside' | 'preload inside, package external'

interface Cell {
  readonly bundler: Bundler
  readonly format: Format
  readonly place: Place
  readonly isMinified: boolean
}

async function check(context: TestContext, cell: Cell): Promise<void> {
  const installed = needed(context, await installBundler(cell.bundler))
  if (installed === undefined) return
  const { bundler, format, place, isMinified } = cell
  const directory = await temporaryDirectory(context)
  const source = join(directory, 'source')
  await cp(join(fixtures, 'packing'), source, { recursive: true })
  await linkPackage(source)
  const target = join(directory, 'elsewhere')
  await mkdir(target)
  const isExternal = place.endsWith('external')
  if (isExternal) await linkPackage(target)
  const file = join(target, format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs')
  const isOutside = place === 'preload outside'
  const main = isOutside ? 'app.mjs' : 'preloaded.mjs'
  await bundle(installed.directory, {
    ...{ bundler, format, isMinified, file },
    external: isExternal ? [name, `${name}/register`] : [],
    source: join(source, main),
  })
  for (const workers of [0, 2]) {
    const preload = isOutside ? 'require' : 'none'
    const env = { WORKERS: `${workers}` }
    await checkPacked(await startApp({ file, preload, cwd: target, env }), workers)
  }
}

async function linkPackage(directory: string): Promise<void> {
  await mkdir(join(directory, 'node_modules'))
  await symlink(root, join(directory, 'node_modules', name))
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
  { bundler: 'webpack', format: 'cjs', place: 'preload inside', isMinified: true },
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

/** rollup minifies nothing by itself, and ncc writes ES modules only for sources that are. */
function isPossible({ bundler, format, isMinified }: Cell): boolean {
  if (bundler === 'rollup') return !isMinified
  return bundler !== 'ncc' || format === 'esm'
}
