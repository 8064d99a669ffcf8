import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stateLimits } from '../limits/state.ts'

/**
 * What the kernel's out-of-memory killer did to our own cgroup, by the counter `oom_kill` in its
 * `memory.events`. The kernel counts before it kills, whichever limit was reached. It does not say whom:
 * a kill is given to the next worker that ends by SIGKILL.
 */
export class OomKills {
  readonly #file: string | undefined
  /** Undefined where the system does not tell. */
  #seen: number | undefined
  #unclaimed = 0
  #risenAt = Number.NEGATIVE_INFINITY

  /** @param file path of `memory.events`; undefined where there is none. */
  constructor(file: string | undefined) {
    this.#file = file
    this.#seen = this.#read()
  }

  /** Looks again. To be called at every end by SIGKILL, whoever sent it. @param now Unix milliseconds. */
  look(now: number): void {
    // What nobody claimed was another process's end, and shall not be blamed on a worker hours later.
    if (Math.abs(now - this.#risenAt) > stateLimits.oomClaimMs) this.#unclaimed = 0
    const count = this.#read()
    if (count === undefined) return
    const risen = count - (this.#seen ?? count)
    this.#seen = count
    if (risen <= 0) return
    this.#unclaimed += risen
    this.#risenAt = now
  }

  /** Takes one of the kills seen, for a worker; false where there is none. */
  claim(): boolean {
    if (this.#unclaimed === 0) return false
    this.#unclaimed -= 1
    return true
  }

  #read(): number | undefined {
    if (this.#file === undefined) return undefined
    const count = /^oom_kill (\d+)$/m.exec(readQuietly(this.#file))?.[1]
    return count === undefined ? undefined : Number(count)
  }
}

/**
 * Path of this process's `memory.events`, which is there with cgroup v2 only.
 * @param membership the kernel's list of a process's cgroups. @param mount where cgroup v2 is mounted.
 */
export function memoryEvents(
  membership = '/proc/self/cgroup',
  mount = '/sys/fs/cgroup',
): string | undefined {
  const path = /^0::(\/.*)$/m.exec(readQuietly(membership))?.[1]
  return path === undefined ? undefined : join(mount, path, 'memory.events')
}

/** Empty where it cannot be read: another system, or a cgroup that is not ours to see. */
function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
