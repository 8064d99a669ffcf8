import { stateLimits } from '../../../src/limits/state.ts'
import type { ClusterEvent } from '../../../src/model/cluster-event.ts'
import type { Death } from '../../../src/model/death.ts'
import type { Attributes, Value } from '../../../src/model/metric.ts'
import { ClusterState } from '../../../src/state/cluster-state.ts'
import type { ClusterStateOptions } from '../../../src/state/cluster-state-options.ts'

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

/** Unix milliseconds. */
export const start = 1_700_000_000_000

export interface StartedState {
  readonly state: ClusterState
  /** Milliseconds of a clock that stands still. */
  readonly time: { now: number }
  /** The fork numbers that were asked to start over. */
  readonly resyncs: number[]
  readonly deaths: Death[]
  /** The first value of a metric whose labels match. */
  readonly value: (name: string, labels?: Attributes) => Value | undefined
}

/** A state without files, at a time that the test sets. */
export function started(options: Partial<ClusterStateOptions> = {}): StartedState {
  const time = { now: start }
  const resyncs: number[] = []
  const deaths: Death[] = []
  const state = new ClusterState({
    usesSlots: false,
    keepWorkerId: false,
    mergeRules: [],
    maxSeries: stateLimits.series,
    lastReports: undefined,
    crashFiles: undefined,
    oomCounterFile: undefined,
    epochSeconds: 1_600_000_000,
    resync: (forkNumber) => resyncs.push(forkNumber),
    onDeath: (death) => deaths.push(death),
    now: () => time.now,
    ...options,
  })
  const value = (name: string, labels: Attributes = {}): Value | undefined =>
    state
      .metrics()
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ points }) => points)
      .find(({ attributes }) =>
        Object.entries(labels).every(([label, text]) => attributes[label] === text),
      )?.value
  return { state, time, resyncs, deaths, value }
}

export function forked(forkNumber: number, pid: number = 4_000 + forkNumber): ClusterEvent {
  return { kind: 'forked', forkNumber, at: start, pid }
}

/** By default an end by SIGTERM that the primary did not ask for. */
export function ended(forkNumber: number, given: Partial<Ended> = {}): Ended {
  const base = { kind: 'ended', forkNumber, at: start, code: null, voluntary: false } as const
  return { ...base, signal: 'SIGTERM', ...given }
}
