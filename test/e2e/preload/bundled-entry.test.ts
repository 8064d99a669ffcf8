import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { installPackages } from '../../support/frameworks/installed-packages.ts'
import { cleanEnvironment, nodeUnderTest } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { needed } from '../../support/tools.ts'

const root = join(import.meta.dirname, '../../..')
const run = promisify(execFile)

const program = `
import { GunicornInstrumentation, setRoute } from 'gunicorn-prometheus-exporter'
setRoute({}, '/users/:id')
new GunicornInstrumentation().disable()
console.log('works')
`
const reading = `
import { readDocument } from ${JSON.stringify(join(root, 'src/config/config-document.ts'))}
try {
  console.log(readDocument('exporter: {}').kind)
} catch ({ code, message }) {
  console.log(code, message)
}
`

interface Bundle {
  readonly format: 'cjs' | 'esm'
  readonly source: string
  /** Names and targets of links in the folder `node_modules` beside the bundle. */
  readonly packages: Readonly<Record<string, string>>
}

/** Bundles the source with esbuild, and runs the bundle. @returns its output. */
async function outputOf(context: TestContext, bundle: Bundle): Promise<string | undefined> {
  const esbuild = needed(context, await installPackages({ esbuild: '0.28.2' }))
  if (esbuild === undefined) return undefined
  const directory = await temporaryDirectory(context)
  await mkdir(join(directory, 'node_modules'))
  for (const [name, target] of Object.entries(bundle.packages)) {
    await symlink(target, join(directory, 'node_modules', name))
  }
  const source = join(directory, 'program.mjs')
  await writeFile(source, bundle.source)
  const file = join(directory, bundle.format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs')
  const binary = join(esbuild.directory, 'node_modules/esbuild/bin/esbuild')
  await run(process.execPath, [binary, source, ...optionsOf(bundle), `--outfile=${file}`])
  const { stdout, stderr } = await run(nodeUnderTest, [file], { env: cleanEnvironment() })
  return stdout + stderr
}

/** CommonJS modules in a bundle of ES modules require Node's modules. */
const banner =
  "import { createRequire as own } from 'node:module';const require = own(import.meta.url);"

function optionsOf({ format }: Bundle): string[] {
  const options = ['--bundle', '--platform=node', `--format=${format}`, '--log-level=error']
  return format === 'esm' ? [...options, `--banner:js=${banner}`] : options
}

describe('A bundle of esbuild that contains the entry of the package', () => {
  const packages = { 'gunicorn-prometheus-exporter': root }
  for (const format of ['cjs', 'esm'] as const) {
    test(`loads and works as ${format}`, async (context) => {
      const output = await outputOf(context, { format, source: program, packages })
      if (output !== undefined) assert.equal(output, 'works\n')
    })
  }
})

describe('A bundle of esbuild that contains the reader of configuration files', () => {
  const bundle = { format: 'cjs', source: reading } as const

  test('reads with the package near the program', async (context) => {
    const packages = { yaml: join(root, 'node_modules/yaml') }
    const output = await outputOf(context, { ...bundle, packages })
    if (output !== undefined) assert.equal(output, 'document\n')
  })

  test('names a missing package', async (context) => {
    const output = await outputOf(context, { ...bundle, packages: {} })
    const line = 'GPE_PACKAGE_MISSING the package yaml is missing: npm install yaml\n'
    if (output !== undefined) assert.equal(output, line)
  })
})
