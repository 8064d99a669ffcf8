import { catalog } from '../model/catalog/catalog.ts'
import { declared, point } from '../model/catalog/declared.ts'
import type { Metric, Point } from '../model/metric.ts'
import type { Size } from './directory-size.ts'
import type { Origin, OriginStatus } from './origin.ts'

export interface SidecarState {
  readonly origins: readonly Origin[]
  /** Of the directory; undefined where there is none. */
  readonly size: Size | undefined
  /** Unix milliseconds. */
  readonly startedAt: number
  readonly now: number
}

/** What a sidecar has to say of itself and of what it shows. */
export function sidecarMetrics({ origins, size, startedAt, now }: SidecarState): Metric[] {
  const known = origins.map((origin) => ({
    origin: origin.name,
    startedAt,
    now,
    ...origin.status(),
  }))
  const redis = known.filter(({ origin }) => origin === 'redis')
  return [
    declared(catalog.sidecarUptime, [point({}, Math.max(0, now - startedAt) / 1_000)]),
    declared(catalog.sidecarDirectoryBytes, size ? [point({}, size.bytes)] : []),
    declared(catalog.sidecarDirectoryFiles, size ? [point({}, size.files)] : []),
    declared(
      catalog.sidecarRedisConnected,
      redis.map(({ isConnected }) => point({}, isConnected ? 1 : 0)),
    ),
    declared(catalog.sidecarReads, known.flatMap(readPoints)),
    declared(
      catalog.sidecarRefused,
      known.flatMap(({ origin, refused }) =>
        Array.from(refused, ([reason, count]) => point({ origin, reason }, count)),
      ),
    ),
    declared(catalog.sidecarReadAge, known.map(readAgePoint)),
    declared(catalog.sidecarInstances, known.flatMap(sourcePoints)),
    declared(
      catalog.sidecarInstanceAge,
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
    point({ origin, result: 'success' }, successes),
    point({ origin, result: 'failure' }, failures),
  ]
}

function readAgePoint({ origin, succeededAt, startedAt, now }: Known): Point {
  return point({ origin }, Math.max(0, now - (succeededAt ?? startedAt)) / 1_000)
}

function sourcePoints({ origin, sources }: Known): Point[] {
  const states = ['live', 'stale', 'ended'] as const
  return states.map((state) =>
    point({ origin, state }, sources.filter((source) => source.state === state).length),
  )
}
