import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Belongings } from '../programs/belongings.ts'

/** What arrived on a path of the receiver. */
export interface Received {
  /** By the name of a metric: the temporalities of all its requests. Gauges are `gauge`. */
  readonly temporalities: ReadonlyMap<string, ReadonlySet<string>>
  /** By name and attributes: the sum of all deltas, or the last cumulative values. */
  readonly totals: ReadonlyMap<string, readonly number[]>
  /** Metrics that one request has twice, and deltas that begin before the end of the last delta. */
  readonly faults: readonly string[]
}

export interface TemporalityReceiver {
  readonly url: string
  readonly on: (path: string) => Received
}

/** Starts a receiver of OTLP in JSON that adds up deltas. */
export async function startTemporalityReceiver(
  context: Pick<Belongings, 'after'>,
): Promise<TemporalityReceiver> {
  const byPath = new Map<string, Sums>()
  const on = (path: string): Sums => {
    const known = byPath.get(path) ?? new Sums()
    byPath.set(path, known)
    return known
  }
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    on(request.url ?? '').take(JSON.parse(Buffer.concat(chunks).toString()) as Request)
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, on }
}

class Sums implements Received {
  readonly temporalities = new Map<string, Set<string>>()
  readonly totals = new Map<string, number[]>()
  readonly faults: string[] = []
  readonly #ends = new Map<string, bigint>()

  take({ resourceMetrics }: Request): void {
    const seen = new Set<string>()
    for (const { scope, metrics } of resourceMetrics.flatMap((each) => each.scopeMetrics)) {
      for (const metric of metrics) {
        const place = `${scope.name} ${metric.name}`
        if (seen.has(place)) this.faults.push(`${place} is there twice`)
        seen.add(place)
        this.#add(metric)
      }
    }
  }

  #add({ name, sum, gauge, histogram, exponentialHistogram }: Metric): void {
    const data = sum ?? histogram ?? exponentialHistogram
    const temporality = data?.aggregationTemporality === 1 ? 'delta' : 'cumulative'
    const known = this.temporalities.get(name) ?? new Set<string>()
    this.temporalities.set(name, known.add(gauge ? 'gauge' : temporality))
    for (const point of data?.dataPoints ?? []) {
      const key = `${name} ${JSON.stringify(point.attributes)}`
      if (temporality === 'delta') this.#addDelta(key, point)
      else this.totals.set(key, valuesOf(point))
    }
  }

  #addDelta(key: string, point: Point): void {
    const before = this.totals.get(key)
    this.totals.set(
      key,
      valuesOf(point).map((value, index) => value + (before?.[index] ?? 0)),
    )
    const [start, end] = [BigInt(point.startTimeUnixNano), BigInt(point.timeUnixNano)]
    if (start < (this.#ends.get(key) ?? 0n) || start > end) this.faults.push(`${key} overlaps`)
    this.#ends.set(key, end)
  }
}

/** A number, or the count, the sum and the buckets of a histogram. */
function valuesOf(point: Point): number[] {
  const { asInt, asDouble, count, sum, bucketCounts = [], positive } = point
  if (count === undefined) return [Number(asInt ?? asDouble)]
  // The scale of an exponential histogram can change, so its buckets count together.
  const exponential = (positive?.bucketCounts ?? []).map(Number)
  const inBuckets = exponential.reduce((all, each) => all + each, 0)
  return [Number(count), sum ?? 0, ...bucketCounts.map(Number), inBuckets]
}

interface Request {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string }
      readonly metrics: readonly Metric[]
    }[]
  }[]
}

interface Metric {
  readonly name: string
  readonly sum?: Data
  readonly gauge?: Data
  readonly histogram?: Data
  readonly exponentialHistogram?: Data
}

interface Data {
  readonly aggregationTemporality?: number
  readonly dataPoints: readonly Point[]
}

interface Point {
  readonly attributes: readonly unknown[]
  readonly startTimeUnixNano: string
  readonly timeUnixNano: string
  readonly asInt?: number | string
  readonly asDouble?: number
  readonly count?: number | string
  readonly sum?: number
  readonly bucketCounts?: readonly (number | string)[]
  readonly positive?: { readonly bucketCounts?: readonly (number | string)[] }
}
