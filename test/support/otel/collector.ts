import { join } from 'node:path'
import { messageOf } from '../../../src/support/error-message.ts'
import { fetchText, freePort } from '../programs/app.ts'
import { type Server, startServer } from '../programs/server.ts'

/** The directory of the configurations. */
export const configurations: string = join(import.meta.dirname, '../../../collector-config')

export interface CollectorOptions {
  /** The program. */
  readonly otelcol: string
  /** File below collector-config. */
  readonly config: string
  /** More settings in YAML, each a path and a value: `exporters::file::path: out.json`. */
  readonly settings?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Collector extends Server {
  /** `host:port` by the variable of the configuration. */
  readonly endpoints: Readonly<Record<Endpoint, string>>
  /** The metrics of the Collector itself, as text. */
  readonly telemetry: () => Promise<string>
}

const endpointNames = [
  'HEALTH_ENDPOINT',
  'OTLP_GRPC_ENDPOINT',
  'OTLP_HTTP_ENDPOINT',
  'PAGE_ENDPOINT',
] as const
type Endpoint = (typeof endpointNames)[number]

/** Starts a real Collector on free ports of the loopback interface and waits until it is ready. */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptCollector(options)
    } catch (error) {
      // Another test got one of the ports and bound the port first.
      if (attempt === 3 || !messageOf(error).includes('address already in use')) throw error
    }
  }
}

async function attemptCollector({
  otelcol,
  config,
  settings = [],
  env = {},
}: CollectorOptions): Promise<Collector> {
  const endpoints = await freeEndpoints(env)
  const telemetryPort = String(await freePort())
  const command = [
    otelcol,
    `--config=${join(configurations, config)}`,
    ...settings.map((setting) => `--config=yaml:${setting}`),
  ]
  const server = await startServer({
    command,
    env: { TELEMETRY_PORT: telemetryPort, ...env, ...endpoints },
    healthUrl: `http://${endpoints.HEALTH_ENDPOINT}/`,
  })
  return {
    ...server,
    endpoints,
    telemetry: () => fetchText(`http://127.0.0.1:${telemetryPort}/metrics`),
  }
}

/** Acts on a real Collector, and stops it. */
export async function withCollector(
  options: CollectorOptions,
  act: (collector: Collector) => Promise<void>,
): Promise<void> {
  const collector = await startCollector(options)
  try {
    await act(collector)
  } finally {
    await collector.stop()
  }
}

/** Addresses from the environment stay. */
async function freeEndpoints(
  env: Readonly<Record<string, string>>,
): Promise<Record<Endpoint, string>> {
  const endpoints: Partial<Record<Endpoint, string>> = {}
  for (const name of endpointNames) endpoints[name] = env[name] ?? `127.0.0.1:${await freePort()}`
  return endpoints as Record<Endpoint, string>
}

/** Settings of a Collector that writes each push into a file. */
export function toFile(file: string): { config: string; settings: string[] } {
  return {
    config: 'push.yaml',
    settings: [
      `exporters::file::path: ${file}`,
      'exporters::file::flush_interval: 50ms',
      'service::pipelines::metrics::exporters: [file]',
      'service::pipelines::metrics::processors: []',
    ],
  }
}
