import { endpointLimits } from '../../limits/endpoint.ts'
import type { InParts } from '../../model/page/in-parts.ts'

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }

/** Must not throw. */
export type Waiter<T> = (outcome: Outcome<T>) => void

/** Runs a job once, for all who wait. */
export class SharedJob<T> {
  readonly #start: () => InParts<T>
  /** Bounded by the connections of the endpoint: each has a single page under way. */
  #waiters: Waiter<T>[] | undefined
  #outcome: Outcome<T> | undefined

  constructor(start: () => InParts<T>) {
    this.#start = start
  }

  /** Calls back at once where the job has ended. The first call starts the job. */
  get(waiter: Waiter<T>): void {
    if (this.#outcome) waiter(this.#outcome)
    else if (this.#waiters) this.#waiters.push(waiter)
    else {
      this.#waiters = [waiter]
      runInParts(this.#start, (outcome) => this.#end(outcome))
    }
  }

  #end(outcome: Outcome<T>): void {
    this.#outcome = outcome
    for (const waiter of this.#waiters?.splice(0) ?? []) waiter(outcome)
  }
}

/** Runs a job, and gives way to the event loop after each `partMs`. */
export function runInParts<T>(start: () => InParts<T>, done: Waiter<T>): void {
  let job: InParts<T> | undefined
  const run = (): void => {
    let outcome: Outcome<T> | undefined
    try {
      job ??= start()
      outcome = runUntil(job, performance.now() + endpointLimits.partMs)
    } catch (error) {
      outcome = { kind: 'failed', error }
    }
    if (outcome) done(outcome)
    else setImmediate(run)
  }
  run()
}

function runUntil<T>(job: InParts<T>, deadline: number): Outcome<T> | undefined {
  for (;;) {
    const step = job.next()
    if (step.done) return { kind: 'done', value: step.value }
    if (performance.now() >= deadline) return undefined
  }
}
