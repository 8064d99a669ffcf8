import type { FromThread } from '../../exporter/thread-message.ts'
import type { Death } from '../../model/death.ts'
import type { HungProcess } from '../../model/hang.ts'
import type { LostCounts } from '../../state/cluster-state-options.ts'

export interface NewsCallbacks {
  /** Called once for each ended worker. */
  readonly onDeath?: ((death: Death) => void) | undefined
  /** Called once for each stall of a worker's event loop with a stack. */
  readonly onHang?: ((hung: HungProcess) => void) | undefined
  /** Called with a killed worker whose crash file is not usable. */
  readonly onLostCounts?: ((lost: LostCounts) => void) | undefined
}

/** Hands the exporter thread's news of workers to callbacks. */
export class WorkerNews {
  readonly #onFault: (component: string) => void
  #callbacks: NewsCallbacks = {}

  constructor(onFault: (component: string) => void) {
    this.#onFault = onFault
  }

  use(callbacks: NewsCallbacks): void {
    this.#callbacks = callbacks
  }

  tell(message: FromThread): void {
    const { onDeath, onHang, onLostCounts } = this.#callbacks
    if (message.kind === 'death') this.#guard('death', () => onDeath?.(message.death))
    if (message.kind === 'lost counts') onLostCounts?.(message.lost)
    if (message.kind === 'hang') this.#guard('hang', () => onHang?.(message.hung))
  }

  /** @param act can call the logger of the application, which can throw. */
  #guard(fault: string, act: () => void): void {
    try {
      act()
    } catch {
      this.#onFault(fault)
    }
  }
}
