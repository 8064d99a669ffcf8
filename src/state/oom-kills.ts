import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stateLimits } from '../limits/state.ts'

/**
 * Kills by the kernel's out-of-memory killer in our cgroup, from the counter `oom_kill` in
 * `memory.events`. The kernel counts before it kills, and does not name the process. The next
 * worker that ends by SIGKILL counts as killed.
 */
export class OomKills {
  readonly #file: string | undefined
  /** Last value of the counter; undefined where the system has no counter. */
  #counted: number | undefined
  /** Kills without an ended worker. */
  #open = 0
  #lastIncreaseAt = Number.NEGATIVE_INFINITY

  /** @param file path of `memory.events`; undefined without cgroup v2. */
  constructor(file: string | undefined) {
    this.#file = file
    this.#counted = this.#read()
  }

  /** Reads the counter, at each end by SIGKILL. @param now Unix milliseconds. */
  update(now: number): void {
    // An old kill hit another process of the cgroup.
    if (Math.abs(now - this.#lastIncreaseAt) > stateLimits.oomAttributionMs) this.#open = 0
    const count = this.#read()
    if (count === undefined) return
    const increase = count - (this.#counted ?? count)
    this.#counted = count
    if (increase <= 0) return
    this.#open += increase
    this.#lastIncreaseAt = now
  }

  /** Attributes a kill to a worker. @returns false where no kill is open. */
  take(): boolean {
    if (this.#open === 0) return false
    this.#open -= 1
    return true
  }

  #read(): number | undefined {
    if (this.#file === undefined) return undefined
    const count = /^oom_kill (\d+)$/m.exec(readQuietly(this.#file))?.[1]
    return count === undefined ? undefined : Number(count)
  }
}

/**
 * Path of the process's `memory.events`. Exists with cgroup v2 only.
 * @param membership the kernel's list of cgroups of a process.
 * @param mount where cgroup v2 is mounted.
 */
export function memoryEvents(
  membership = '/proc/self/cgroup',
  mount = '/sys/fs/cgroup',
): string | undefined {
  const path = /^0::(\/.*)$/m.exec(readQuietly(membership))?.[1]
  return path === undefined ? undefined : join(mount, path, 'memory.events')
}

/** Empty for a file that cannot be read: another system, or a cgroup without permission. */
function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
