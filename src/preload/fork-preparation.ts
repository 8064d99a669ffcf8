import type { Variables } from '../collect/cluster/worker-variables.ts'
import type { Settings } from '../config/settings.ts'
import type { ToThread } from '../exporter/thread-message.ts'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import { WorkerFiles } from './worker-files.ts'
import { PrimaryMemories } from './workers/primary-memories.ts'

export interface ForkPreparationOptions {
  readonly settings: Settings
  /** Sends a message to the exporter thread. */
  readonly post: (message: ToThread) => void
  readonly onFault: (component: string) => void
}

/** What this primary has ready before a fork: the directory of its workers, and their memories. */
export class ForkPreparation {
  readonly files: WorkerFiles
  readonly memories: PrimaryMemories
  readonly #settings: Settings
  #hasPrepared = false

  constructor({ settings, post, onFault }: ForkPreparationOptions) {
    this.#settings = settings
    this.files = new WorkerFiles(settings, onFault)
    this.memories = new PrimaryMemories(post, onFault)
  }

  /** The directory for the files of workers. */
  get directory(): WorkersDirectory | undefined {
    return this.files.directory
  }

  /** Whether a worker can have been forked with the directory. */
  get hasPrepared(): boolean {
    return this.#hasPrepared
  }

  /** Prepares the files of all workers. @returns the variables for each worker. */
  prepareFiles(): Variables {
    this.#hasPrepared = true
    return this.files.prepare()
  }

  /** Prepares files and memory of a worker. @returns the variables for the worker. */
  prepare(forkNumber: number): Variables {
    const hasMemory = this.#settings.crashMemory && this.directory !== undefined
    return { ...this.prepareFiles(), ...(hasMemory && this.memories.create(forkNumber)) }
  }
}
