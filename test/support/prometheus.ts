import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { endGroup, eventually, fetchText, freePort, startProgram } from './app.ts'
import { need, prometheus } from './tools.ts'

/** A job of Prometheus's configuration: what it is called, where it scrapes, and how. */
export interface Job {
  readonly port: number
  /** Lines of YAML, for example `scheme: https`. */
  readonly how?: readonly string[]
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * Starts a Prometheus server that scrapes the jobs every second, until the test is over.
 * @returns how to query it; undefined where there is none, and the test is skipped.
 */
export async function startPrometheus(
  context: TestContext,
  directory: string,
  jobs: Readonly<Record<string, Job>>,
): Promise<((query: string) => Promise<Series[]>) | undefined> {
  const command = need(context, prometheus())
  if (command === undefined) return undefined
  const [config, port] = [join(directory, 'prometheus.yml'), await freePort()]
  writeFileSync(config, configOf(jobs))
  const storage = mkdtempSync(join(directory, 'tsdb-'))
  const args = [`--config.file=${config}`, `--storage.tsdb.path=${storage}`]
  const address = `127.0.0.1:${port}`
  const server = startProgram([command, ...args, `--web.listen-address=${address}`], {})
  context.after(async () => {
    endGroup(server.child)
    await server.ended
  })
  await eventually(async () => {
    if (server.child.exitCode !== null) throw new Error(`prometheus ended: ${server.stderr()}`)
    await fetchText(`http://${address}/-/ready`)
  })
  return async (query) => {
    const url = `http://${address}/api/v1/query?query=${encodeURIComponent(query)}`
    const { data } = JSON.parse(await fetchText(url)) as Answer
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }
}

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>
      readonly value: readonly [seconds: number, text: string]
    }[]
  }
}

function configOf(jobs: Readonly<Record<string, Job>>): string {
  const lines = Object.entries(jobs).flatMap(([name, { port, how = [] }]) => [
    `  - job_name: ${name}`,
    ...how.map((line) => `    ${line}`),
    `    static_configs: [{ targets: ['127.0.0.1:${port}'] }]`,
  ])
  const global = ['global:', '  scrape_interval: 1s', '  scrape_timeout: 1s', 'scrape_configs:']
  return [...global, ...lines, ''].join('\n')
}
