import { once } from 'node:events'
import { connect } from 'node:net'
import { authorityIn } from '../endpoint/certificates.ts'
import type { Belongings } from '../programs/belongings.ts'
import { get } from '../programs/load.ts'
import type { Master } from '../programs/master.ts'
import { type PythonExporter, startPythonExporter } from '../programs/python-exporter.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'
import { type Prometheus, startPrometheus } from '../prometheus/prometheus.ts'
import { pushDurations } from './pushed-durations.ts'
import {
  type ShopOptions,
  startNodeSidecar,
  startSecure,
  startShop,
  startSidecar,
} from './shown-programs.ts'

/*
 * Everything that the dashboards show, in a real Prometheus: the demo application with its load and
 * its faults, a cluster with TLS, a sidecar, the Python package, and an SDK with exemplars.
 */

export interface FeedOptions extends ShopOptions {
  /** The program of Prometheus. */
  readonly prometheus: string
  /** A Python with the Python package. */
  readonly python: string
}

export interface Feed {
  readonly prometheus: Prometheus
  /** Unix seconds. */
  readonly start: number
  /** Causes events again: signals, aborts, errors and pushes. Takes about a second. */
  readonly provoke: () => Promise<void>
}

export async function startFeed(
  context: Belongings,
  { prometheus: program, python, redis, starter }: FeedOptions,
): Promise<Feed> {
  const directory = await temporaryDirectory(context)
  const certificate = authorityIn(directory).issue('server')
  const [shop, secure, pythonExporter] = await Promise.all([
    startShop(context, { redis, starter }),
    startSecure(context, certificate),
    startPythonExporter(context, python),
  ])
  const [sidecarPort, nodePort] = await Promise.all([
    startSidecar(context, redis, directory),
    startNodeSidecar(context, redis),
  ])
  const config = configOf({
    shop: shop.metricsPort,
    secure: Number(new URL(secure.metricsUrl).port),
    python: pythonExporter.metricsPort,
    sidecar: sidecarPort,
    node: nodePort,
  })
  const start = Date.now() / 1_000
  const flags = ['--enable-feature=exemplar-storage', '--web.enable-otlp-receiver']
  const prometheus = await startPrometheus({ prometheus: program, config, flags })
  context.after(() => prometheus.stop())
  const securePort = await secure.ready()
  const parts = { shop, securePort, pythonExporter, prometheus, start }
  return { prometheus, start, provoke: () => provoke(parts) }
}

type Ports = Readonly<Record<'shop' | 'secure' | 'python' | 'sidecar' | 'node', number>>

/**
 * The job `native` is the same page as `shop`, whose histograms Prometheus turns into native ones.
 * Pages with the label `instance` keep the label.
 */
function configOf({ shop, secure, python, sidecar, node }: Ports): string {
  const job = (name: string, port: number, ...lines: readonly string[]): string[] => [
    `  - job_name: ${name}`,
    `    static_configs: [{ targets: ['127.0.0.1:${port}'] }]`,
    ...lines.map((line) => `    ${line}`),
  ]
  return [
    'global:',
    '  scrape_interval: 1s',
    '  scrape_timeout: 1s',
    'scrape_configs:',
    ...job('shop', shop, 'honor_labels: true'),
    ...job('native', shop, 'honor_labels: true', 'convert_classic_histograms_to_nhcb: true'),
    ...job('secure', secure, 'scheme: https', 'tls_config: { insecure_skip_verify: true }'),
    ...job('python', python),
    ...job('sidecar', sidecar, 'honor_labels: true'),
    ...job('node', node, 'honor_labels: true'),
    '',
  ].join('\n')
}

interface Parts extends Pick<Feed, 'prometheus' | 'start'> {
  readonly shop: Master
  readonly securePort: number
  readonly pythonExporter: PythonExporter
}

async function provoke({ shop, securePort, pythonExporter, ...parts }: Parts): Promise<void> {
  const seconds = Math.ceil(Date.now() / 1_000 - parts.start) + 1
  await Promise.all([
    // Aborted: the report takes 150 ms at least.
    hungUp(shop.port, 'GET /reports/2026 HTTP/1.1\r\nHost: a\r\n\r\n'),
    hungUp(shop.port, 'NOT / HTTP\r\n\r\n'),
    get(securePort, '/garbage'),
    pythonExporter.send(),
    pushDurations(parts.prometheus.url, 10 * seconds),
  ])
  pythonExporter.child.kill('SIGHUP')
}

/** Sends the text, and closes the connection without a response. */
async function hungUp(port: number, text: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(text)
  await new Promise((resolve) => setTimeout(resolve, 100))
  socket.destroy()
}
