import { readFile } from 'node:fs/promises'

/** The metrics of one resource in one request. */
export interface Push {
  readonly resource: Readonly<Record<string, unknown>>
  readonly points: readonly PushedPoint[]
}

export interface PushedPoint {
  /** `name` or `name@version`. */
  readonly scope: string
  readonly name: string
  readonly unit: string
  readonly kind: 'sum' | 'gauge' | 'histogram'
  readonly temporality: 'delta' | 'cumulative' | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  /** For a histogram, the count. */
  readonly value: number
  /** Nanoseconds since 1970. */
  readonly start: bigint
  readonly time: bigint
}

/** All requests in the file of the file exporter: OTLP in JSON, one request for each line. */
export async function readPushes(file: string): Promise<Push[]> {
  // The last line may be incomplete, and before the first line there may be no file.
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1)
  return lines.flatMap(pushesIn)
}

/** A request of OTLP in JSON. */
export function pushesIn(text: string): Push[] {
  return (JSON.parse(text) as Request).resourceMetrics.map(pushOf)
}

interface Request {
  readonly resourceMetrics: readonly ResourceMetrics[]
}

interface ResourceMetrics {
  readonly resource: { readonly attributes?: readonly Attribute[] }
  readonly scopeMetrics: readonly {
    readonly scope: { readonly name?: string; readonly version?: string }
    readonly metrics: readonly Metric[]
  }[]
}

interface Metric {
  readonly name: string
  readonly unit?: string
  readonly gauge?: Data
  readonly sum?: Data
  readonly histogram?: Data
}

interface Data {
  readonly aggregationTemporality?: number
  readonly dataPoints: readonly Point[]
}

interface Point {
  readonly attributes?: readonly Attribute[]
  readonly startTimeUnixNano: string
  readonly timeUnixNano: string
  readonly asDouble?: number
  readonly asInt?: string
  readonly count?: string
}

interface Attribute {
  readonly key: string
  readonly value: AttributeValue
}

type AttributeValue = Readonly<Record<string, unknown>> & {
  readonly arrayValue?: { readonly values?: readonly AttributeValue[] }
}

const temporalities = [undefined, 'delta', 'cumulative'] as const

function pushOf({ resource, scopeMetrics }: ResourceMetrics): Push {
  return {
    resource: recordOf(resource.attributes),
    points: scopeMetrics.flatMap(({ scope: { name = '', version }, metrics }) => {
      const scope = version === undefined ? name : `${name}@${version}`
      return metrics.flatMap((metric) => pointsOf(scope, metric))
    }),
  }
}

function pointsOf(scope: string, { name, unit = '', ...data }: Metric): PushedPoint[] {
  const kind = data.sum ? 'sum' : data.gauge ? 'gauge' : 'histogram'
  const { aggregationTemporality = 0, dataPoints = [] } = data[kind] ?? {}
  return dataPoints.map((point) => ({
    scope,
    name,
    unit,
    kind,
    temporality: temporalities[aggregationTemporality],
    attributes: recordOf(point.attributes),
    // JSON leaves out a zero.
    value:
      kind === 'histogram' ? Number(point.count ?? 0) : Number(point.asDouble ?? point.asInt ?? 0),
    start: BigInt(point.startTimeUnixNano),
    time: BigInt(point.timeUnixNano),
  }))
}

function recordOf(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))
}

function plain(value: AttributeValue): unknown {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plain)
  return Object.values(value)[0]
}
