import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const run = promisify(execFile)
const manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'),
) as Record<string, unknown>

/*
 * npm refuses an installation where an optional peer is in the tree and does not fit. The package
 * here has the dependencies and peers of ours, and no files.
 */
for (const [name, version] of [
  ['@opentelemetry/sdk-node', '0.202.0'],
  ['@opentelemetry/instrumentation-http', '0.202.0'],
  ['@opentelemetry/exporter-metrics-otlp-proto', '0.57.2'],
] as const) {
  test(`npm installs the package beside ${name} ${version}`, async (context) => {
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
    const flags = ['--package-lock-only', '--no-audit', '--no-fund', '--ignore-scripts']
    const archive = `./${String(manifest['name'])}-1.0.0.tgz`
    await run('npm', ['install', ...flags, archive], { cwd: project, timeout: 240_000 })
    const lock = readFileSync(join(project, 'package-lock.json'), 'utf8')
    assert.ok(lock.includes(`node_modules/${name}`))
  })
}
