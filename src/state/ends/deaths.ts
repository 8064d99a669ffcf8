import { stateLimits } from '../../limits/state.ts'
import { catalog } from '../../model/catalog/catalog.ts'
import { declared } from '../../model/catalog/declared.ts'
import type { ClusterEvent } from '../../model/cluster-event.ts'
import type { Death, UncaughtError } from '../../model/death.ts'
import type { Hang, Standstill } from '../../model/hang.ts'
import type { Metric, Point } from '../../model/metric.ts'
import { workerEnd } from '../../model/worker-end.ts'
import { NodeDate } from '../../support/intrinsics/unix-now.ts'
import type { LastValues } from '../workers/last-values.ts'
import { figuresOf, type Silence, standstillOf } from '../workers/silence.ts'
import type { WorkerSnapshot } from '../workers/worker-snapshot.ts'

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

/** The last deaths for `/status`, and the memory of ended workers for the page. */
export class Deaths {
  /** Oldest first; at most stateLimits.deaths. */
  readonly #last: Death[] = []
  /** By fork number. Size: `ClusterState` forgets expired workers here, too. */
  readonly #exitMemory = new Map<number, Point>()

  get last(): readonly Death[] {
    return this.#last
  }

  add(forkNumber: number, death: Death): void {
    this.#last.push(death)
    if (this.#last.length > stateLimits.deaths) this.#last.shift()
    const { workerId: worker_id, reason, memoryBytes } = death
    if (memoryBytes === null) return
    this.#exitMemory.set(forkNumber, { attributes: { worker_id, reason }, value: memoryBytes })
  }

  /** Removes the worker's series from the page. */
  forget(forkNumber: number): void {
    this.#exitMemory.delete(forkNumber)
  }

  metric(): Metric {
    const points = [...this.#exitMemory.values()]
    // Workers in one slot share an id. The last worker counts.
    const latest = new Map(points.map((point) => [seriesOf(point), point]))
    return declared(catalog.exitMemory, [...latest.values()])
  }
}

/** What the exporter knows about an ended worker. */
export interface LastKnown {
  /** At the end. */
  readonly snapshot: WorkerSnapshot
  /** From the last report. */
  readonly values: LastValues
  /** The kernel's reading of the memory after the last report, bytes. */
  readonly memoryRead?: number | undefined
  /** From the last report. */
  readonly error: UncaughtError | undefined
  /** Null where no stack was taken. */
  readonly stack: Hang | null
}

/** The death of a hung worker has the kernel's figures. */
export function deathOf(ended: Ended, known: LastKnown): Death {
  const { snapshot, values, memoryRead, error, stack } = known
  const { code, signal, cause, at } = ended
  const hang = standstillAt(ended, snapshot, stack)
  const { reason, restartType } = workerEnd(code, signal, cause)
  return {
    workerId: snapshot.workerId,
    pid: snapshot.pid,
    reason,
    certainty: cause === 'oom' || cause === 'heap' ? 'probable' : 'certain',
    restartType,
    exitCode: code,
    signal,
    ageSeconds: snapshot.ageSeconds,
    ...(hang ? outsideValues(hang, snapshot, values) : values),
    ...(memoryRead !== undefined && { memoryBytes: memoryRead }),
    reportAgeSeconds: snapshot.reportAgeSeconds,
    error: error ?? null,
    hang,
    endedAt: new NodeDate(at).toISOString(),
  }
}

/**
 * A master measures a shorter silence than this package does. The process can be gone at the first
 * look at its silence: then only the master and the stack tell the standstill.
 */
function standstillAt(
  { cause }: Ended,
  { silence, silentSeconds }: WorkerSnapshot,
  stack: Hang | null,
): Standstill | null {
  const seen = silence?.kind === 'gone' ? undefined : silence
  const told: Silence = { kind: 'hanging', figures: undefined }
  return standstillOf(seen ?? (cause === 'timeout' ? told : undefined), silentSeconds, stack)
}

/** The last report was right about the requests. Its other values describe the time before. */
function outsideValues(
  hang: Standstill,
  { silence }: WorkerSnapshot,
  last: LastValues,
): LastValues {
  const figures = figuresOf(silence)
  return {
    requests: last.requests,
    memoryBytes: figures?.memoryBytes ?? last.memoryBytes,
    cpuPercent: figures?.cpuPercent ?? null,
    eventLoopDelayMaxSeconds: Math.max(hang.seconds, last.eventLoopDelayMaxSeconds ?? 0),
  }
}

function seriesOf({ attributes }: Point): string {
  return `${attributes['worker_id']} ${attributes['reason']}`
}
