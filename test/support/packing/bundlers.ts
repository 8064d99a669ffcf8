import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import type { Installed, Packages } from '../frameworks/installed-packages.ts'
import { installPackages } from '../frameworks/installed-packages.ts'

export type Bundler = 'esbuild' | 'webpack' | 'rollup' | 'ncc'
export type Format = 'cjs' | 'esm'

export interface BundleOptions {
  readonly bundler: Bundler
  readonly format: Format
  readonly isMinified: boolean
  /** Packages that stay outside the bundle. */
  readonly external: readonly string[]
  /** Of esbuild. Default: esbuild's own list, which has "module". */
  readonly conditions?: readonly string[]
  /** The main file of the program. */
  readonly source: string
  /** The file to write. */
  readonly file: string
}

/** Installs a bundler with its additions. */
export async function installBundler(bundler: Bundler): Promise<Installed> {
  return await installPackages(packages[bundler])
}

const packages: Readonly<Record<Bundler, Packages>> = {
  esbuild: { esbuild: '0.28.2' },
  webpack: { webpack: '5.113.0' },
  rollup: {
    rollup: '4.68.8',
    '@rollup/plugin-commonjs': '29.0.3',
    '@rollup/plugin-node-resolve': '16.0.3',
  },
  ncc: { '@vercel/ncc': '0.45.0' },
}

/** Bundles the program with a bundler below `directory`. */
export async function bundle(directory: string, options: BundleOptions): Promise<void> {
  await acts[options.bundler](createRequire(join(directory, 'bundle.cjs')), options)
}

type Act = (load: NodeJS.Require, options: BundleOptions) => Promise<void>

/** CommonJS modules in a bundle of ES modules require Node's modules. */
const banner =
  "import { createRequire as own } from 'node:module';const require = own(import.meta.url);"

interface Esbuild {
  readonly build: (options: object) => Promise<unknown>
}

type Webpack = (options: object, done: (error: unknown, stats: WebpackStats) => void) => void

interface WebpackStats {
  readonly hasErrors: () => boolean
  readonly toString: () => string
}

interface Rollup {
  readonly rollup: (options: object) => Promise<{ readonly write: (output: object) => unknown }>
}

type Ncc = (source: string, options: object) => Promise<{ readonly code: string }>

const acts: Readonly<Record<Bundler, Act>> = {
  async esbuild(load, { source, file, format, isMinified, external, conditions }) {
    const { build } = load('esbuild') as Esbuild
    await build({
      ...{ entryPoints: [source], outfile: file, format, external, minify: isMinified },
      ...{ bundle: true, platform: 'node', logLevel: 'error' },
      ...(format === 'esm' ? { banner: { js: banner } } : {}),
      ...(conditions ? { conditions } : {}),
    })
  },
  async webpack(load, { source, file, format, isMinified, external }) {
    const webpack = load('webpack') as Webpack
    const kind = format === 'esm' ? 'module' : 'commonjs'
    const stats = await new Promise<WebpackStats>((resolve, reject) => {
      const options = {
        ...{ entry: source, target: 'node20', mode: isMinified ? 'production' : 'development' },
        devtool: false,
        externals: Object.fromEntries(external.map((name) => [name, `${kind} ${name}`])),
        output: {
          ...{ path: dirname(file), filename: basename(file), library: { type: kind } },
          ...(format === 'esm' ? { module: true, chunkFormat: 'module' } : {}),
        },
        ...(format === 'esm' ? { experiments: { outputModule: true } } : {}),
      }
      webpack(options, (error, result) => (error ? reject(error) : resolve(result)))
    })
    if (stats.hasErrors()) throw new Error(stats.toString())
  },
  async rollup(load, { source, file, format, external }) {
    const { rollup } = load('rollup') as Rollup
    const plugins = ['node-resolve', 'commonjs'].map((name) => {
      const { default: plugin } = load(`@rollup/plugin-${name}`) as { default: () => object }
      return plugin()
    })
    const made = await rollup({ input: source, plugins, external, onwarn() {} })
    await made.write({ file, format, inlineDynamicImports: true })
  },
  async ncc(load, { source, file, isMinified, external }) {
    const ncc = load('@vercel/ncc') as Ncc
    const { code } = await ncc(source, { minify: isMinified, externals: external, quiet: true })
    await writeFile(file, code)
  },
}
