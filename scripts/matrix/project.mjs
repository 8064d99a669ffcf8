import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npm } from './run.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const fixtures = join(root, 'test/fixtures')
const ours = createRequire(import.meta.url)('../../package.json')

/** Packages of OpenTelemetry that come in one line of versions. */
const line = '*'

/** What the fixtures import, and the packages that settings ask for. */
const dependencies = {
  express: '^5.0.0',
  ...ours.peerDependencies,
  '@opentelemetry/exporter-metrics-otlp-grpc': line,
  '@opentelemetry/exporter-metrics-otlp-http': line,
  '@opentelemetry/exporter-metrics-otlp-proto': line,
  '@opentelemetry/exporter-prometheus': line,
  '@opentelemetry/instrumentation-http': line,
  '@opentelemetry/instrumentation-runtime-node': line,
  '@opentelemetry/sdk-metrics': '^2.12.0 || ^3.1.0',
  '@opentelemetry/auto-instrumentations-node': '^0.81.2 || ^0.82.0',
  '@opentelemetry/context-async-hooks': '^2.12.0 || ^3.0.0',
  '@opentelemetry/core': '^2.12.0 || ^3.0.0',
  '@opentelemetry/instrumentation': line,
  '@opentelemetry/sdk-node': line,
}

/** Creates the project of a cell: the package from its tarball, its dependencies, the fixtures. */
export async function createProject({ directory, cell, node, tarball }) {
  const name = `node-${cell.node}${cell.pins ? '-pinned' : ''}`
  const project = join(directory, name)
  const manifest = {
    name,
    private: true,
    dependencies: {
      [ours.name]: `file:${tarball}`,
      ...dependencies,
      ...cell.pins,
    },
  }
  await mkdir(project)
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest, undefined, 2))
  await npm(['install', '--no-audit', '--no-fund'], { node: node.file, cwd: project })
  await cp(fixtures, join(project, 'fixtures'), { recursive: true })
  return { directory: project, otel: await installedLine(project, cell) }
}

/** The version of the SDK that the application will load. */
async function installedLine(project, cell) {
  const load = createRequire(join(project, 'index.js'))
  const entry = load.resolve('@opentelemetry/sdk-metrics')
  const end = entry.lastIndexOf('sdk-metrics') + 'sdk-metrics'.length
  const { version } = JSON.parse(await readFile(join(entry.slice(0, end), 'package.json'), 'utf8'))
  if (cell.otel.test(version)) return version
  throw new Error(`Node ${cell.node}: npm installed sdk-metrics ${version}, not ${cell.otel}.`)
}
