import { catalog } from '../model/catalog/catalog.ts'
import { declared, point } from '../model/catalog/declared.ts'
import type { Metric, Point } from '../model/metric.ts'
import type { Size } from './directory-size.ts'
import { type NamedStatus, namedStatus, type Origin } from './origin.ts'

export interface SidecarState {
  readonly origins: readonly Origin[]
  /** Size of the shared directory; undefined without a directory. */
  readonly size: Size | undefined
  readonly uptimeSeconds: number
}

/** Metrics of the sidecar itself and of its origins. */
export function sidecarMetrics({ origins, size, uptimeSeconds }: SidecarState): Metric[] {
  const statuses = origins.map(namedStatus)
  const redis = statuses.filter(({ origin }) => origin === 'redis')
  return [
    declared(catalog.sidecarUptime, [point({}, uptimeSeconds)]),
    declared(catalog.sidecarDirectoryBytes, size ? [point({}, size.bytes)] : []),
    declared(catalog.sidecarDirectoryFiles, size ? [point({}, size.files)] : []),
    declared(
      catalog.sidecarRedisConnected,
      redis.map(({ isConnected }) => point({}, isConnected ? 1 : 0)),
    ),
    declared(catalog.sidecarReads, statuses.flatMap(readPoints)),
    declared(
      catalog.sidecarRefused,
      statuses.flatMap(({ origin, refused }) =>
        Array.from(refused, ([reason, count]) => point({ origin, reason }, count)),
      ),
    ),
    declared(catalog.sidecarReadAge, statuses.map(readAgePoint)),
    declared(catalog.sidecarInstances, statuses.flatMap(instancePoints)),
    declared(
      catalog.sidecarInstanceAge,
      statuses.flatMap(({ origin, sources }) =>
        sources.map(({ instance, ageSeconds }) => point({ origin, instance }, ageSeconds)),
      ),
    ),
    declared(
      catalog.sidecarOutside,
      statuses.flatMap(({ origin, outside = [] }) =>
        Array.from(outside, ([reason, count]) => point({ origin, reason }, count)),
      ),
    ),
  ]
}

function readPoints({ origin, successes, failures }: NamedStatus): Point[] {
  return [
    point({ origin, result: 'success' }, successes),
    point({ origin, result: 'failure' }, failures),
  ]
}

function readAgePoint({ origin, readAgeSeconds }: NamedStatus): Point {
  return point({ origin }, readAgeSeconds)
}

function instancePoints({ origin, sources }: NamedStatus): Point[] {
  const states = ['live', 'stale', 'ended'] as const
  return states.map((state) =>
    point({ origin, state }, sources.filter((each) => each.state === state).length),
  )
}
