import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fetchText, freePort } from '../programs/app.ts'
import { startServer } from '../programs/server.ts'
import { prometheus, promtool } from '../tools.ts'

/** The programs of Prometheus, or a sentence about a missing program. */
export async function prometheusTools(): Promise<
  { readonly promtool: string; readonly prometheus: string } | { readonly missing: string }
> {
  const [checker, server] = [promtool(), prometheus()]
  if ('missing' in checker) return checker
  if ('missing' in server) return server
  return { promtool: checker.path, prometheus: server.path }
}

export interface PrometheusOptions {
  /** The program. */
  readonly prometheus: string
  /** Text of the configuration. File names are relative to the directory of the server. */
  readonly config: string
  /** Text by name of more files in the directory, such as rules. */
  readonly files?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
}

export interface Prometheus {
  readonly url: string
  /** The result of an instant query. Throws if Prometheus refuses the query. */
  readonly query: (expression: string) => Promise<readonly Result[]>
  /** Names of the alerts in the given state. */
  readonly alerts: (state: 'pending' | 'firing') => Promise<ReadonlySet<string>>
  readonly stderr: () => string
  /** Kills the server, waits for its end and removes its data. */
  readonly stop: () => Promise<void>
}

export interface Result {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Starts a real Prometheus server on the loopback interface with an empty database. */
export async function startPrometheus({
  prometheus: program,
  config,
  files = {},
  flags = [],
}: PrometheusOptions): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'prometheus-'))
  for (const [name, text] of Object.entries({ ...files, 'prometheus.yml': config })) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), text)
  }
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const command = [
    program,
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    ...flags,
  ]
  const clear = (): Promise<void> => rm(directory, { recursive: true, force: true })
  const server = await startServer({ command, healthUrl: `${url}/-/ready` }).catch(
    async (error: unknown) => {
      await clear()
      throw error
    },
  )
  return {
    url,
    stderr: server.stderr,
    async stop() {
      await server.stop()
      await clear()
    },
    query: (expression) => query(url, expression),
    alerts: (state) => alerts(url, state),
  }
}

/** Acts on a real Prometheus server, and stops it. */
export async function withPrometheus(
  options: PrometheusOptions,
  act: (server: Prometheus) => Promise<void>,
): Promise<void> {
  const server = await startPrometheus(options)
  try {
    await act(server)
  } finally {
    await server.stop()
  }
}

async function query(url: string, expression: string): Promise<Result[]> {
  const text = await fetchText(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`)
  const { data } = JSON.parse(text) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] }
  }
  return data.result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }))
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'))
}

async function alerts(url: string, state: string): Promise<Set<string>> {
  const { data } = JSON.parse(await fetchText(`${url}/api/v1/alerts`)) as {
    data: { alerts: { state: string; labels: Record<string, string> }[] }
  }
  const wanted = data.alerts.filter((alert) => alert.state === state)
  return new Set(wanted.map(({ labels }) => labels['alertname'] ?? ''))
}
