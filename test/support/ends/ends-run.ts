import { join } from 'node:path'
import { startCollector } from '../otel/collector.ts'
import { freePort } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { sharing, startRedis } from '../redis/redis.ts'
import { need, otelcol } from '../tools.ts'
import {
  endGroupBySignal,
  type GroupEnd,
  type GroupEndResult,
  inheritedTotals,
  nameOf,
  pushedTotals,
  type Totals,
} from './group-end.ts'

/** A real Collector and a real Redis. */
export interface Receivers {
  /** The file with the pushes that the Collector got. */
  readonly file: string
  readonly env: Readonly<Record<string, string>>
}

/** All runs of one case. */
export interface EndsRow {
  readonly end: GroupEnd
  readonly runs: number
  /** Answered requests that are absent in the last pushes. */
  readonly pushed: Totals
  /** Answered requests that are absent at the successors in Redis. */
  readonly shared: Totals
  readonly longestMs: number
  /** The exit codes and signals of the primaries. */
  readonly exits: readonly string[]
}

/** Answered requests of each run. */
export const requestsOfRun = 41

/** Undefined if a program is missing: the test is then skipped. */
export async function startReceivers(
  context: Belongings,
  directory: string,
): Promise<Receivers | undefined> {
  const program = need(context, otelcol())
  const redis = program && (await startRedis(context))
  if (!redis) return undefined
  const file = join(directory, 'pushes.jsonl')
  const settings = [
    `exporters::file::path: ${file}`,
    'exporters::file::flush_interval: 50ms',
    'service::pipelines::metrics::exporters: [file]',
    'service::pipelines::metrics::processors: []',
  ]
  const collector = await startCollector({ otelcol: program, config: 'push.yaml', settings })
  context.after(() => collector.stop())
  const env = {
    ...sharing(redis.port, { REDIS_COLLECT_INTERVAL: '1' }),
    OTEL_METRICS_EXPORTER: 'prometheus,otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector.endpoints.OTLP_HTTP_ENDPOINT}`,
  }
  return { file, env }
}

export interface EndsRunOptions extends GroupEnd {
  readonly runs: number
  readonly receivers: Receivers
  readonly preload?: string | undefined
}

/** Ends cluster after cluster. In Redis, each cluster is the successor of the cluster before. */
export async function endsRun(options: EndsRunOptions): Promise<EndsRow> {
  const { runs, receivers, preload, ...end } = options
  const env = {
    ...receivers.env,
    OTEL_SERVICE_NAME: nameOf(end),
    REDIS_KEY_PREFIX: `${nameOf(end)}:`,
    PROMETHEUS_METRICS_PORT: String(await freePort()),
  }
  const run = async (requests: number): Promise<Run> => {
    let inherited: Totals = { requests: Number.NaN, orders: Number.NaN }
    const result = await endGroupBySignal({
      ...{ ...end, env, preload, requests },
      onReady: async (app) => {
        inherited = await inheritedTotals(app, nameOf(end))
      },
    })
    return { inherited, result }
  }
  const done: Run[] = []
  for (let count = 0; count < runs; count += 1) done.push(await run(requestsOfRun))
  const successor = await run(0)
  const pushed = await pushedTotals(
    receivers.file,
    done.map(({ result }) => result.pid),
  )
  const answered = runs * requestsOfRun
  return {
    end,
    runs,
    pushed: missing(answered, pushed),
    shared: missing(answered, successor.inherited),
    longestMs: Math.max(...done.map(({ result }) => result.tookMs)),
    exits: [...new Set(done.map(({ result }) => String(result.signal ?? result.code)))],
  }
}

interface Run {
  /** The totals before the first request. */
  readonly inherited: Totals
  readonly result: GroupEndResult
}

function missing(answered: number, { requests, orders }: Totals): Totals {
  return { requests: answered - requests, orders: answered - orders }
}
