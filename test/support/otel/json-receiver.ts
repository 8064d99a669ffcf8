import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Belongings } from '../programs/belongings.ts'

/** A point of a number, or the count and the sum of a histogram, as it arrived. */
export interface ReceivedPoint {
  readonly scope: string
  readonly schemaUrl: string
  readonly name: string
  readonly unit: string
  readonly type: 'int' | 'double' | 'histogram'
  readonly value: number
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface JsonReceiver {
  /** Variables that push to the receiver. */
  readonly env: Readonly<Record<string, string>>
  /** The points of the last request. */
  readonly points: () => readonly ReceivedPoint[]
}

/** Starts a receiver of OTLP in JSON, which shows what a Collector would convert. */
export async function startJsonReceiver(context: Pick<Belongings, 'after'>): Promise<JsonReceiver> {
  let last: readonly ReceivedPoint[] = []
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    last = pointsOf(JSON.parse(Buffer.concat(chunks).toString()) as Request)
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const env = {
    OTEL_METRICS_EXPORTER: 'prometheus,otlp',
    OTEL_METRIC_EXPORT_INTERVAL: '300',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
  }
  return { env, points: () => last }
}

interface Request {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string }
      readonly schemaUrl?: string
      readonly metrics: readonly Metric[]
    }[]
  }[]
}

interface Metric {
  readonly name: string
  readonly unit: string
  readonly sum?: Data
  readonly gauge?: Data
  readonly histogram?: Data
}

interface Data {
  readonly dataPoints: readonly Point[]
}

interface Point {
  readonly asInt?: number | string
  readonly asDouble?: number
  readonly sum?: number
  readonly attributes: readonly { readonly key: string; readonly value: object }[]
}

function pointsOf({ resourceMetrics }: Request): ReceivedPoint[] {
  return resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ scope, schemaUrl = '', metrics }) =>
      metrics.flatMap((metric) => {
        const { name, unit } = metric
        const { dataPoints = [] } = metric.sum ?? metric.gauge ?? metric.histogram ?? {}
        return dataPoints.map((point) => ({
          ...{ scope: scope.name, schemaUrl, name, unit },
          ...readPoint(point),
        }))
      }),
    ),
  )
}

function readPoint({
  asInt,
  asDouble,
  sum,
  attributes,
}: Point): Pick<ReceivedPoint, 'type' | 'value' | 'attributes'> {
  const pairs = attributes.map(({ key, value }) => [key, Object.values(value)[0]])
  const entries = Object.fromEntries(pairs) as Record<string, unknown>
  if (sum !== undefined) return { type: 'histogram', value: sum, attributes: entries }
  if (asInt !== undefined) return { type: 'int', value: Number(asInt), attributes: entries }
  return { type: 'double', value: Number(asDouble), attributes: entries }
}
