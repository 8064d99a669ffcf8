import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import type { ManagedWorker } from '../worker/managed-worker.ts'
import type { Admission } from './admission.ts'
import type { Generation } from './generation.ts'
import type { Reload } from './reload.ts'
import type { WorkerPool } from './worker-pool.ts'

interface BootDeadlinesOptions {
  readonly pool: WorkerPool
  readonly admission: Admission
  readonly log: Pick<GunicornLog, 'write'>
  /** Called for a worker that counts as serving from now on. */
  readonly serves: (worker: ManagedWorker) => void
}

/** Judges workers that have not become ready within `--boot-timeout`. */
export class BootDeadlines {
  readonly #options: BootDeadlinesOptions

  constructor(options: BootDeadlinesOptions) {
    this.#options = options
  }

  /** Judges a worker outside of a reload. @returns whether the boot has failed. */
  workerTimedOut(worker: ManagedWorker): boolean {
    if (worker.state !== 'booting') return false
    const { admission, log } = this.#options
    const isListening = worker.readiness.addresses.length > 0
    // The heartbeat decides about a blocked event loop.
    if (!isListening && !worker.isAlive) {
      worker.extendBoot()
      return false
    }
    const missing = admission.missing(worker, undefined)
    if (admission.isAcceptable(worker, undefined)) {
      this.#accept(worker, missing)
      return false
    }
    const where = elsewhereText(worker)
    const text = `${lateText(worker, missing)}${where}. The worker before stays`
    log.write('error', coded('GPE_BOOT_TIMEOUT', text))
    worker.quit('halt')
    return true
  }

  /** Judges the workers of a reload. @returns whether the reload has failed. */
  reloadTimedOut(reload: Reload, { number }: Generation): boolean {
    const { pool, admission } = this.#options
    const booting = pool.booting(number)
    const acceptable = booting.filter((worker) => admission.isAcceptable(worker, reload))
    for (const worker of acceptable) {
      const missing = admission.missing(worker, reload)
      reload.accept(worker.readiness.addresses)
      this.#accept(worker, missing)
    }
    return acceptable.length === 0
  }

  /** Logs that a reload has failed. @returns the reason. */
  tellFailure(reload: Reload, { number, boots, settings }: Generation): string {
    const { pool, admission, log } = this.#options
    const [worker] = pool.booting(number)
    const missing = worker ? admission.missing(worker, reload) : []
    const failed = failedText(boots.failures)
    const seconds = settings.bootTimeoutMs / 1_000
    const elsewhere = elsewhereText(worker)
    const where = `${whereText(missing)}${elsewhere}`
    const hasCrashed = settings.fileReload !== undefined && boots.failures > 0
    const reason = hasCrashed
      ? 'the new code ends before it listens'
      : `for ${seconds} s, no new worker listens${where}${failed}`
    const text = `The reload has failed: ${reason}. The old workers stay`
    log.write('error', coded('GPE_RELOAD_FAILED', text))
    return reason
  }

  #accept(worker: ManagedWorker, missing: readonly string[]): void {
    const { log, serves } = this.#options
    const next = missing.length > 0 ? 'The new code is accepted' : 'The worker counts as serving'
    // An accepted worker has lowered what the other new workers have to listen on.
    const isReady = missing.length === 0 && worker.readiness.addresses.length > 0
    if (!isReady) {
      log.write('warning', coded('GPE_BOOT_TIMEOUT', `${lateText(worker, missing)}. ${next}`))
    }
    serves(worker)
  }
}

function lateText({ pid, bootTimeoutMs }: ManagedWorker, missing: readonly string[]): string {
  return `Worker (pid:${pid}) does not listen${whereText(missing)} after ${bootTimeoutMs / 1_000} s`
}

function whereText(addresses: readonly string[]): string {
  return addresses.length > 0 ? ` on ${addresses.join(', ')}` : ''
}

/** Some programs choose another port where a server listens on the port already. */
function elsewhereText(worker: ManagedWorker | undefined): string {
  const addresses = worker?.readiness.addresses ?? []
  return addresses.length > 0 ? `, but on ${addresses.join(', ')}` : ''
}

function failedText(failures: number): string {
  if (failures === 0) return ''
  return failures === 1 ? ', and 1 boot has failed' : `, and ${failures} boots have failed`
}
