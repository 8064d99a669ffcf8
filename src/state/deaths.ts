import { limits } from '../limits.ts'
import { catalog } from '../model/catalog.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import { declared } from '../model/declared.ts'
import type { Metric, Point } from '../model/metric.ts'
import { workerEnd } from '../model/worker-end.ts'
import type { Figures } from './last-values.ts'
import type { Vitals } from './worker-registry.ts'

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

/** The last deaths, for the status, and the memory of workers whose series are still on the page. */
export class Deaths {
  /** Oldest first; at most limits.deaths. */
  readonly #last: Death[] = []
  /** By the worker's age; bounded by the roster, which names those to forget. */
  readonly #exitMemory = new Map<number, Point>()

  get last(): readonly Death[] {
    return this.#last
  }

  add(age: number, death: Death): void {
    this.#last.push(death)
    if (this.#last.length > limits.deaths) this.#last.shift()
    const { workerId: worker_id, reason, memoryBytes } = death
    if (memoryBytes === null) return
    this.#exitMemory.set(age, { attributes: { worker_id, reason }, value: memoryBytes })
  }

  /** The worker's series leave the page. */
  forget(age: number): void {
    this.#exitMemory.delete(age)
  }

  metric(): Metric {
    const points = [...this.#exitMemory.values()]
    // In a slot, workers end one after the other under one id: the last one counts.
    const latest = new Map(points.map((point) => [seriesOf(point), point]))
    return declared(catalog.exitMemory, [...latest.values()])
  }
}

/** The record of an end. @param vitals as they were at the end. @param figures of the last report. */
export function deathOf(ended: Ended, vitals: Vitals, figures: Figures): Death {
  const { code, signal, cause, at } = ended
  const { reason, restartType } = workerEnd(code, signal, cause)
  return {
    workerId: vitals.workerId,
    pid: vitals.pid,
    reason,
    restartType,
    exitCode: code,
    signal,
    ageSeconds: vitals.ageSeconds,
    ...figures,
    reportAgeSeconds: vitals.reportAgeSeconds,
    endedAt: new Date(at).toISOString(),
  }
}

function seriesOf({ attributes }: Point): string {
  return `${attributes['worker_id']} ${attributes['reason']}`
}
