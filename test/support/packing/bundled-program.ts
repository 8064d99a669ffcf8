import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fixtures } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'
import { needed } from '../tools.ts'
import { type BundleOptions, bundle, installBundler } from './bundlers.ts'

export interface ProgramOptions extends Omit<BundleOptions, 'source' | 'file'> {
  /** A file of test/fixtures/packing, or the text of a program beside these files. */
  readonly program: { readonly file: string } | { readonly text: string }
  /** Packages of this repository that the program imports. */
  readonly packages?: readonly string[]
  /** Whether the package is installed beside the bundle. */
  readonly isInstalled: boolean
}

const root = join(import.meta.dirname, '../../..')
const name = 'gunicorn-prometheus-exporter'

/**
 * Bundles a program into a directory without its packages.
 * @returns the path of the bundle, or undefined where the bundler cannot be installed.
 */
export async function bundledProgram(
  context: Belongings,
  { program, isInstalled, packages = [], ...options }: ProgramOptions,
): Promise<string | undefined> {
  const installed = needed(context, await installBundler(options.bundler))
  if (installed === undefined) return undefined
  const directory = await temporaryDirectory(context)
  const sources = join(directory, 'source')
  await cp(join(fixtures, 'packing'), sources, { recursive: true })
  await linkPackage(sources)
  for (const each of packages) {
    await mkdir(dirname(join(sources, 'node_modules', each)), { recursive: true })
    await symlink(join(root, 'node_modules', each), join(sources, 'node_modules', each))
  }
  const target = join(directory, 'elsewhere')
  await mkdir(target)
  if (isInstalled) await linkPackage(target)
  const file = join(target, options.format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs')
  const source = join(sources, 'file' in program ? program.file : 'program.mjs')
  if ('text' in program) await writeFile(source, program.text)
  await bundle(installed.directory, { ...options, source, file })
  return file
}

async function linkPackage(directory: string): Promise<void> {
  await mkdir(join(directory, 'node_modules'))
  await symlink(root, join(directory, 'node_modules', name))
}
