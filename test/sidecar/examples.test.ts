import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { parseServe } from '../../src/commands/serve/serve-options.ts'
import { resolveSettings } from '../../src/config/resolve/resolve.ts'
import { exporterSettings } from '../../src/exporter/exporter-settings.ts'
import { directorySettings } from '../../src/share/directory/shared-directory.ts'

interface Container {
  readonly name: string
  readonly command: readonly string[]
  readonly ports: readonly { readonly containerPort: number; readonly name: string }[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
}

interface Manifest {
  readonly kind: string
  readonly spec: { readonly template: { readonly spec: { readonly containers: Container[] } } }
}

async function containers(file: string): Promise<Container[]> {
  const path = join(import.meta.dirname, '../../examples/kubernetes', file)
  const manifest = parse(await readFile(path, 'utf8')) as Manifest
  return manifest.spec.template.spec.containers
}

function environmentOf({ env }: Container): Record<string, string> {
  const given = env.filter(({ value }) => value !== undefined)
  return Object.fromEntries(given.map(({ name, value = '' }) => [name, value]))
}

for (const [file, origin] of [
  ['sidecar.yaml', 'directory'],
  ['daemonset.yaml', 'redis'],
] as const) {
  test(`the sidecar of ${file} is configured well, and reads the ${origin}`, async () => {
    const exporter = (await containers(file)).find(({ command }) => command.includes('serve'))
    assert.ok(exporter)
    const argv = exporter.command.slice(exporter.command.indexOf('serve') + 1)
    const request = parseServe(argv, environmentOf(exporter))
    if (request.kind !== 'serve') throw new Error(JSON.stringify(request))
    const { redis, directory, endpoint } = request.settings
    assert.equal(redis !== undefined, origin === 'redis')
    assert.equal(directory !== undefined, origin === 'directory')
    assert.deepEqual(endpoint.address, {
      kind: 'tcp',
      host: '0.0.0.0',
      port: exporter.ports[0]?.containerPort,
    })
  })
}

test('The application of sidecar.yaml writes into the directory of the sidecar', async () => {
  const [app, exporter] = await containers('sidecar.yaml')
  assert.ok(app && exporter)
  const resolution = resolveSettings({ environment: environmentOf(app) })
  if (resolution.kind === 'faults') throw new Error(JSON.stringify(resolution.faults))
  const directory = directorySettings(resolution.settings)?.directory
  assert.equal(directory, environmentOf(exporter)['PROMETHEUS_SHARED_DIR'])
  assert.equal(exporterSettings(resolution.settings).isServed, false)
})
