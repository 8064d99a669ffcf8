import { catalog, type Declaration, descriptorOf } from '../model/catalog.ts'
import type { Metric, Point } from '../model/metric.ts'
import type { Size } from './directory-size.ts'
import type { Origin, OriginStatus } from './origin.ts'

export interface Circumstances {
  readonly origins: readonly Origin[]
  /** Of the directory; undefined where there is none. */
  readonly size: Size | undefined
  /** Unix milliseconds. */
  readonly startedAt: number
  readonly now: number
}

/** What a sidecar has to say of itself and of what it shows. */
export function sidecarMetrics({ origins, size, startedAt, now }: Circumstances): Metric[] {
  const known = origins.map((origin) => ({
    origin: origin.name,
    startedAt,
    now,
    ...origin.status(),
  }))
  const redis = known.filter(({ origin }) => origin === 'redis')
  return [
    metric(catalog.sidecarUptime, [point({}, Math.max(0, now - startedAt) / 1_000)]),
    metric(catalog.sidecarDirectoryBytes, size ? [point({}, size.bytes)] : []),
    metric(catalog.sidecarDirectoryFiles, size ? [point({}, size.files)] : []),
    metric(
      catalog.sidecarRedisConnected,
      redis.map(({ isConnected }) => point({}, isConnected ? 1 : 0)),
    ),
    metric(catalog.sidecarReads, known.flatMap(readPoints)),
    metric(
      catalog.sidecarRefused,
      known.flatMap(({ origin, refused }) =>
        Array.from(refused, ([reason, count]) => point({ origin, reason }, count)),
      ),
    ),
    metric(catalog.sidecarReadAge, known.map(readAgePoint)),
    metric(catalog.sidecarSources, known.flatMap(sourcePoints)),
    metric(
      catalog.sidecarSourceAge,
      known.flatMap(({ origin, sources }) =>
        sources.map(({ instance, ageSeconds }) => point({ origin, instance }, ageSeconds)),
      ),
    ),
  ]
}

interface Known extends OriginStatus {
  readonly origin: Origin['name']
  readonly startedAt: number
  readonly now: number
}

function readPoints({ origin, successes, failures }: Known): Point[] {
  return [
    point({ origin, outcome: 'success' }, successes),
    point({ origin, outcome: 'failure' }, failures),
  ]
}

function readAgePoint({ origin, succeededAt, startedAt, now }: Known): Point {
  return point({ origin }, Math.max(0, now - (succeededAt ?? startedAt)) / 1_000)
}

function sourcePoints({ origin, sources }: Known): Point[] {
  const states = ['live', 'away', 'ended'] as const
  return states.map((state) =>
    point({ origin, state }, sources.filter((source) => source.state === state).length),
  )
}

function metric(declaration: Declaration, points: Point[]): Metric {
  return { descriptor: descriptorOf(declaration), points }
}

function point(attributes: Point['attributes'], value: number): Point {
  return { attributes, value }
}
