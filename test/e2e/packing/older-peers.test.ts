import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const run = promisify(execFile)
const manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'),
) as Record<string, unknown>

/*
 * npm refuses an installation where an optional peer is in the tree and does not fit, or where the
 * newest version of the peer does not fit to others. The package here has the dependencies and
 * peers of ours, and no files.
 */
for (const [name, version] of [
  ['@opentelemetry/sdk-node', '0.202.0'],
  ['@opentelemetry/sdk-node', '0.223.0'],
  ['@opentelemetry/sdk-node', '0.301.0'],
  ['@opentelemetry/instrumentation-http', '0.202.0'],
  ['@opentelemetry/exporter-metrics-otlp-proto', '0.57.2'],
] as const) {
  test(`npm installs the package beside ${name} ${version}`, async (context) => {
    const project = await projectWith(context, { name, version })
    const lock = readFileSync(join(project, 'package-lock.json'), 'utf8')
    assert.ok(lock.includes(`node_modules/${name}`))
  })
}

for (const [name, version] of [
  ['@opentelemetry/exporter-metrics-otlp-proto', '0.52.0'],
  ['@opentelemetry/exporter-metrics-otlp-proto', '0.300.0'],
  ['@opentelemetry/instrumentation-http', '0.202.0'],
  ['@opentelemetry/instrumentation-runtime-node', '0.15.0'],
] as const) {
  test(`npm runs the command of the line about ${name} ${version}`, async (context) => {
    const project = await projectWith(context, { name, version })
    const [, asked = ''] =
      /: npm install (\S+)$/.exec(await refusalOf(project, name, version)) ?? []
    await run('npm', ['install', ...flags, asked], { cwd: project, timeout: 240_000 })
    const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as Lock
    const installed = lock.packages[`node_modules/${name}`]?.version ?? ''
    assert.equal(await refusalOf(project, name, installed), '', installed)
  })
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string } | undefined>>
}

interface Peer {
  readonly name: string
  readonly version: string
}

const flags = ['--package-lock-only', '--no-audit', '--no-fund', '--ignore-scripts']

/** Installs the package beside the peer, without files. */
async function projectWith(context: TestContext, { name, version }: Peer): Promise<string> {
  const directory = await temporaryDirectory(context)
  const [own, project] = [join(directory, 'own'), join(directory, 'project')]
  await Promise.all([mkdir(own), mkdir(project)])
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest
  const packed = { dependencies, peerDependencies, peerDependenciesMeta }
  await writeFile(
    join(own, 'package.json'),
    JSON.stringify({ name: manifest['name'], version: '1.0.0', ...packed }),
  )
  await run('npm', ['pack', '--pack-destination', project], { cwd: own, timeout: 120_000 })
  const text = JSON.stringify({ private: true, dependencies: { [name]: version } })
  await writeFile(join(project, 'package.json'), text)
  const archive = `./${String(manifest['name'])}-1.0.0.tgz`
  await run('npm', ['install', ...flags, archive], { cwd: project, timeout: 240_000 })
  return project
}

/** What the exporter says about the version; empty for a version that fits. */
async function refusalOf(project: string, name: string, version: string): Promise<string> {
  const folder = join(project, 'node_modules', name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version }))
  await writeFile(join(folder, 'index.js'), '')
  // Node.js keeps package.json files that it has read.
  const text = 'try { load(name, [() => place]) } catch (error) { console.log(error.message) }'
  const program = `import { loadPackage as load } from ${JSON.stringify(loader)}
    const [name, place] = process.argv.slice(1)
    ${text}`
  const line = ['--input-type=module', '--eval', program, name, join(project, 'app.js')]
  const { stdout } = await run(process.execPath, line, { timeout: 60_000 })
  await rm(join(project, 'node_modules'), { recursive: true })
  return stdout.trim()
}

const loader = new URL('../../../src/files/load-package.ts', import.meta.url).href
