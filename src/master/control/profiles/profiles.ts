import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import type { WorkersDirectory } from '../../../files/workers-directory.ts'
import { profileLimits } from '../../../limits/tools/profiles.ts'
import { profilePlace } from '../../../profiles/profile-files.ts'
import { orderVersion, type ProfileOrder } from '../../../profiles/profile-order.ts'
import { workerOwnerOf } from '../../../support/process/accounts.ts'
import type { RunSettings } from '../../settings/run-settings.ts'
import type { ProfiledWorker } from '../../worker/profiled-worker.ts'
import { CommandFault } from '../command-fault.ts'
import { type RecordingResult, record } from './recording.ts'

export interface ProfilesOptions {
  readonly settings: () => RunSettings
  readonly worker: (pid: number) => ProfiledWorker | undefined
  /** The directory that the watchdogs of the workers read; undefined without such a directory. */
  readonly workersDirectory: () => WorkersDirectory | undefined
}

export interface ProfileRequest extends Pick<ProfileOrder, 'pid' | 'kind' | 'seconds'> {
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal
}

/** Takes CPU profiles and heap snapshots of workers: one of each worker at a time. */
export class Profiles {
  readonly #options: ProfilesOptions
  /** Bounded by `profileLimits.atOnce`. */
  readonly #busy = new Map<number, ProfileOrder['kind']>()
  #count = 0

  constructor(options: ProfilesOptions) {
    this.#options = options
  }

  /** What is recorded of a worker now. */
  of(pid: number): ProfileOrder['kind'] | undefined {
    return this.#busy.get(pid)
  }

  /** @throws CommandFault with the reason where there is no profile. */
  async take({ pid, kind, seconds, gone }: ProfileRequest): Promise<RecordingResult> {
    const worker = this.#admitted(pid, kind)
    const newOrder = (): ProfileOrder => this.#order({ pid, kind, seconds }, worker.forkNumber)
    this.#busy.set(pid, kind)
    try {
      return await record({ newOrder, worker, directory: this.#hangDirectory(), gone })
    } finally {
      this.#busy.delete(pid)
    }
  }

  #admitted(pid: number, kind: ProfileOrder['kind']): ProfiledWorker {
    const { settings, worker: find } = this.#options
    if (settings().exporter.profilesDisable) {
      throw new CommandFault(
        'profiles are off: the master runs with --no-profiles',
        'GPE_PROFILES_OFF',
      )
    }
    const worker = find(pid)
    if (!worker)
      throw new CommandFault(`there is no worker with pid ${pid}; show workers lists all`)
    if (this.#busy.has(pid))
      throw new CommandFault(`a profile of worker ${pid} is running already`, 'GPE_CONTROL_BUSY')
    if (this.#busy.size >= profileLimits.atOnce) {
      throw new CommandFault(
        `${this.#busy.size} profiles are running; wait for an end`,
        'GPE_CONTROL_BUSY',
      )
    }
    if (kind === 'heap' && [...this.#busy.values()].includes('heap')) {
      throw new CommandFault(
        'a heap snapshot of another worker is running; wait for its end',
        'GPE_CONTROL_BUSY',
      )
    }
    return worker
  }

  #order(
    { pid, kind, seconds }: Pick<ProfileOrder, 'pid' | 'kind' | 'seconds'>,
    forkNumber: number,
  ): ProfileOrder {
    this.#count += 1
    const { directory, exporter } = this.#options.settings()
    const parent = resolve(directory, exporter.profileDir ?? tmpdir())
    const user = workerOwnerOf(exporter)?.uid ?? process.getuid?.()
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    const end = kind === 'cpu' ? 'cpuprofile' : 'heapsnapshot'
    const name = `worker-${forkNumber}-${pid}-${time}-${this.#count}.${end}`
    const place = profilePlace(parent, user)
    return { version: orderVersion, number: this.#count, pid, kind, seconds, place, name }
  }

  /** Without stacks of workers that hang, no watchdog reads the directory. */
  #hangDirectory(): WorkersDirectory | undefined {
    const { settings, workersDirectory } = this.#options
    return settings().exporter.hangStackSeconds > 0 ? workersDirectory() : undefined
  }
}
