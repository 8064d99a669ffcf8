import type { MemoryNews } from '../crash-file/memory/worker-memories.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import type { CodedText } from '../model/errors/coded-text.ts'
import type { ErrorCode } from '../model/errors/error-table.ts'
import type { HungProcess } from '../model/hang.ts'
import type { PushSettings } from '../push/push-settings.ts'
import type { PageServerAddress } from '../relay/page-server-address.ts'
import type { Source } from '../relay/report.ts'
import type { DirectorySettings } from '../share/directory/shared-directory.ts'
import type { HandOverOffer, Predecessor } from '../share/hand-over/offer.ts'
import type { StateSettings } from '../share/hand-over/state-settings.ts'
import type { RedisSettings } from '../share/redis/redis-settings.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import type { LostCounts } from '../state/cluster-state-options.ts'
import type { BeatCounter } from './beat.ts'
import type { ControlView } from './control-view.ts'
import type { EndingWorker } from './ending-workers.ts'
import type { ExporterSettings } from './exporter-settings.ts'

/** Data at the start of the exporter thread. */
export interface ThreadData {
  readonly settings: ExporterSettings
  /** Start of the process, Unix seconds. */
  readonly startSeconds: number
  /** The process of the thread, as a source without workers. */
  readonly own: Source
  /** Changes while the main thread runs. */
  readonly beat: BeatCounter
  /** Undefined without pushes. */
  readonly push: PushSettings | undefined
  /** Undefined without Redis. */
  readonly share: RedisSettings | undefined
  /** Undefined without a shared directory. */
  readonly directory: DirectorySettings | undefined
  /** Where a sidecar can be; undefined without such a directory. */
  readonly sidecar: DirectorySettings | undefined
  /** Undefined without a directory in which totals outlive the process. */
  readonly state: StateSettings | undefined
  /** The old master of an upgrade; undefined for any other process. */
  readonly predecessor: Predecessor | undefined
  /** Name of the channel of the own watchdog. */
  readonly hangChannel: string
}

/** Number of restarts of this thread after crashes. */
export interface Restarts {
  readonly restarts: number
}

/** From the main thread to the exporter thread. Reports are passed on without parsing. */
export type ToThread =
  | { readonly kind: 'report'; readonly forkNumber: number; readonly text: unknown }
  /** @property happenedAt by `monotonicNow()`: the thread can start, or start again, later. */
  | { readonly kind: 'event'; readonly event: ClusterEvent; readonly happenedAt: number }
  | { readonly kind: 'fault'; readonly part: string }
  | { readonly kind: 'memory'; readonly news: MemoryNews }
  /** A process of the application asks for the address of the page server. */
  | { readonly kind: 'open page server' }
  /**
   * Steps of an upgrade. `offer`: a successor will start; the answer is `hand-over offer`.
   * `release`: this master ends, and the successor gets the endpoint. `end`: the successor has
   * ended.
   */
  | { readonly kind: 'hand over'; readonly act: 'offer' | 'release' | 'end' }
  /** The application asks for the state of sharing. */
  | { readonly kind: 'forwarder' }
  /** The control socket of a master asks. */
  | { readonly kind: 'view' }
  /** The process ends, and waits for a scrape. The answer is `scraped`. */
  | { readonly kind: 'await scrape' }
  /**
   * The process ends, and waits until `done`, in shared memory, becomes 1. Its workers leave their
   * last reports in files.
   */
  | { readonly kind: 'end'; readonly workers: readonly EndingWorker[]; readonly done: Int32Array }

/** Subject of a notice. */
type Subject = 'files' | 'push' | 'redis' | 'shared_directory' | 'sidecar' | 'state_dir' | 'upgrade'

/** From the exporter thread to the process's main thread. */
export type FromThread =
  | { readonly kind: 'bound'; readonly url: string }
  | {
      readonly kind: 'bind failed'
      readonly message: string
      readonly code: ErrorCode | undefined
    }
  /** A sidecar shows this cluster: the last metrics matter at the end of the process. */
  | { readonly kind: 'sidecar found' }
  /** For the operator: files, pushes or sharing start to fail, or recover. Without secrets. */
  | { readonly kind: 'notice'; readonly subject: Subject; readonly text: CodedText }
  /** Warning of OTel's exporter, possibly at every push. Without secrets. */
  | { readonly kind: 'warning'; readonly text: CodedText }
  /** The process with this fork number must report all totals again. */
  | { readonly kind: 'resync'; readonly forkNumber: number }
  | { readonly kind: 'death'; readonly death: Death }
  /** The thread has read the memory of an ended worker for the last time. */
  | { readonly kind: 'memory released'; readonly forkNumber: number }
  /** A worker was killed, and its counts since its last report are not in a file. */
  | { readonly kind: 'lost counts'; readonly lost: LostCounts }
  /** A client has got the page since `await scrape`, or nobody scrapes. */
  | { readonly kind: 'scraped' }
  | { readonly kind: 'hang'; readonly hung: HungProcess }
  | { readonly kind: 'page server'; readonly address: PageServerAddress }
  /** Undefined where nothing can be handed over. */
  | { readonly kind: 'hand-over offer'; readonly offer: HandOverOffer | undefined }
  | { readonly kind: 'view'; readonly view: ControlView }
  /** Undefined without sharing. */
  | { readonly kind: 'forwarder'; readonly status: ForwarderStatus | undefined }

/** Whether the message tells of writes to a directory. */
export function isFileNotice(
  message: FromThread,
): message is Extract<FromThread, { kind: 'notice' }> {
  if (message.kind !== 'notice') return false
  return message.subject === 'shared_directory' || message.subject === 'state_dir'
}
