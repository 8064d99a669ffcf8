import type { ManagedWorker } from '../worker/managed-worker.ts'
import { commonAddresses } from '../worker/readiness.ts'
import type { Reload } from './reload.ts'
import type { WorkerPool } from './worker-pool.ts'

/** Decides which booting workers serve: a worker retires only when its replacement serves. */
export class Admission {
  readonly #pool: WorkerPool

  constructor(pool: WorkerPool) {
    this.#pool = pool
  }

  /**
   * Whether the worker listens on every required address, or the application has said that the
   * worker is ready.
   */
  isReady(worker: ManagedWorker, reload: Reload | undefined): boolean {
    const { saidReady, addresses } = worker.readiness
    return saidReady || (addresses.length > 0 && this.missing(worker, reload).length === 0)
  }

  /**
   * Whether the worker can serve although the worker is late: on some of the required addresses, or
   * where no address is required. A worker on other addresses would leave the clients alone.
   */
  isAcceptable(worker: ManagedWorker, reload: Reload | undefined): boolean {
    const { addresses } = worker.readiness
    const required = this.required(worker, reload)
    if (required.length === 0) return addresses.length > 0 || worker.isAlive
    return required.some((address) => addresses.includes(address))
  }

  /** The required addresses on which the worker does not listen. */
  missing(worker: ManagedWorker, reload: Reload | undefined): readonly string[] {
    const { addresses } = worker.readiness
    return this.required(worker, reload).filter((address) => !addresses.includes(address))
  }

  /** None for a worker for which no other worker retires. */
  required({ generation }: ManagedWorker, reload: Reload | undefined): readonly string[] {
    if (reload && generation !== reload.base.number) {
      return reload.accepted ?? this.#common(reload.base.number)
    }
    return this.#pool.replaced?.generation === generation ? this.#common(generation) : []
  }

  #common(generation: number): readonly string[] {
    const serving = this.#pool.listening(generation).map(({ readiness }) => readiness.addresses)
    // A worker that never listens counts as serving too, and says nothing about addresses.
    return commonAddresses(serving.filter((addresses) => addresses.length > 0))
  }
}
