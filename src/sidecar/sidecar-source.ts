import type { Details } from '../endpoint/details.ts'
import { namesOf, shownDescriptors, titleOf } from '../live/cluster-source.ts'
import type { LiveReading } from '../live/counts/reading.ts'
import type { InstanceFacts, LiveSource, OwnCounts } from '../live/live-source.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Attributes, Descriptor, Metric } from '../model/metric.ts'
import { instanceOf, instanceReading } from './instance-readings.ts'
import { type InstanceStatus, namedStatus, type Origin } from './origin.ts'
import { unreadTexts } from './unread-texts.ts'

export interface SidecarSourceOptions {
  readonly origins: readonly Origin[]
  readonly resource: Attributes
  readonly counts: (connections: number, details: Details) => OwnCounts
  /** All metrics of the page. */
  readonly metrics: () => readonly Metric[]
  readonly nameOf: (descriptor: Descriptor) => string
  readonly lines: LiveSource['lines']
}

/** The instances that a sidecar reads, for the live page. */
export function sidecarSource({ origins, resource, ...options }: SidecarSourceOptions): LiveSource {
  const read = (instance: string | undefined): LiveReading => {
    const all = origins.flatMap((origin) => origin.metrics())
    const wanted =
      instance === undefined ? all : all.filter((each) => instanceOf(each) === instance)
    const sources = origins.flatMap((origin) => origin.status().sources)
    const byName = new Map<unknown, InstanceStatus>(sources.map((each) => [each.instance, each]))
    return instanceReading(wanted, (name) => byName.get(name))
  }
  return {
    kind: () => 'sidecar',
    title: titleOf(resource),
    read,
    instances: (everything) => instancesOf(origins, everything),
    hasInstance: (name) =>
      origins.some((origin) => origin.status().sources.some(({ instance }) => instance === name)),
    primary: () => undefined,
    wanted: () => null,
    originTexts: (details) => unreadTexts(origins.map(namedStatus), details),
    deaths: () => [],
    counts: options.counts,
    names: () => namesOf(shownDescriptors(options.metrics()), options.nameOf),
    lines: options.lines,
    freshen() {
      for (const origin of origins) origin.refresh?.()
    },
  }
}

function instancesOf(origins: readonly Origin[], reading: LiveReading): InstanceFacts[] {
  const workers = new Map<string | null, number>()
  for (const { instance } of reading.workers)
    workers.set(instance, (workers.get(instance) ?? 0) + 1)
  const requests = requestsByInstance(reading)
  return origins.map(namedStatus).flatMap(({ origin, sources }) =>
    sources.map(({ instance, state, ageSeconds }) => ({
      instance,
      state,
      origin,
      ageSeconds,
      workers: workers.get(instance) ?? 0,
      requests: requests.get(instance) ?? null,
    })),
  )
}

function requestsByInstance({ metricsOf }: LiveReading): Map<unknown, number> {
  const sums = new Map<unknown, number>()
  for (const { attributes, value } of metricsOf(catalog.requests.name).flatMap(pointsOf)) {
    const { instance } = attributes
    if (typeof value === 'number') sums.set(instance, (sums.get(instance) ?? 0) + value)
  }
  return sums
}

function pointsOf({ points }: Metric): Metric['points'] {
  return points
}
