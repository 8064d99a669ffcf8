import { type CodedText, coded } from '../model/errors/coded-text.ts'
import type { Push } from '../push/push.ts'
import type { DirectoryPublisher } from '../share/directory/directory-publisher.ts'
import type { RedisShare } from '../share/redis-share.ts'
import {
  type EndingWorker,
  type EndingWorkersOptions,
  takeEndingWorkers,
} from './ending-workers.ts'
import type { ThreadHandOver } from './thread-hand-over.ts'

export interface ShutdownOptions extends EndingWorkersOptions {
  readonly push: Push | undefined
  readonly share: Pick<RedisShare, 'last'> | undefined
  readonly directory: Pick<DirectoryPublisher, 'last'> | undefined
  readonly handOver: Pick<ThreadHandOver, 'last'>
  readonly workers: readonly EndingWorker[]
  /** Called with each failure: no later metric shows the failure. */
  readonly warn: (text: CodedText) => void
  /** Becomes 1 at the end. The main thread waits for this value. */
  readonly done: Int32Array
}

/** Takes the workers' last counts, pushes and shares all metrics, and releases the main thread. */
export async function shutDown(options: ShutdownOptions): Promise<void> {
  const { push, share, directory, handOver, warn, done } = options
  try {
    await takeEndingWorkers(options.workers, options)
    directory?.last()
    const [pushError, shareError] = await Promise.all([
      push?.last(),
      share?.last(),
      handOver.last(),
    ])
    if (pushError !== undefined) warn(coded('GPE_LAST_PUSH', `the last push failed: ${pushError}`))
    if (shareError !== undefined) {
      warn(coded('GPE_LAST_PUSH', `the last write to Redis failed: ${shareError}`))
    }
  } finally {
    Atomics.store(done, 0, 1)
    Atomics.notify(done, 0)
  }
}
