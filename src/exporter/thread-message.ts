import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import type { PushSettings } from '../push/push-settings.ts'
import type { PageServerAddress } from '../relay/page-server-address.ts'
import type { DirectorySettings } from '../share/directory/shared-directory.ts'
import type { RedisSettings } from '../share/redis/redis-settings.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import type { ExporterSettings } from './exporter-settings.ts'

/** What the exporter thread is started with. */
export interface ThreadData {
  readonly settings: ExporterSettings
  readonly primaryPid: number
  /** Unix second in which the process started. */
  readonly startSeconds: number
  /** Undefined where nothing is pushed. */
  readonly push: PushSettings | undefined
  /** Undefined where nothing is shared. */
  readonly share: RedisSettings | undefined
  /** Undefined where nothing is left for a sidecar. */
  readonly directory: DirectorySettings | undefined
}

/** Times this thread was started again after a crash. */
export interface Restarts {
  readonly restarts: number
}

/** The fork number under which the process reports that the thread belongs to. */
export const ownForkNumber = 0

/** From the process's main thread to its exporter thread. Reports go on as they came: unparsed. */
export type ToThread =
  | { readonly kind: 'report'; readonly forkNumber: number; readonly text: unknown }
  | { readonly kind: 'event'; readonly event: ClusterEvent }
  | { readonly kind: 'fault'; readonly part: string }
  /** Somebody of the application wants to know the page server. */
  | { readonly kind: 'open page server' }
  /** Somebody of the application wants to know the state of the sharing. */
  | { readonly kind: 'forwarder' }
  /**
   * The process ends and waits for `done`, in shared memory, to become 1. The workers of these fork numbers have
   * been cut off and leave their last reports in files.
   */
  | { readonly kind: 'end'; readonly forkNumbers: readonly number[]; readonly done: Int32Array }

/** What has states that come and go. */
type Subject = 'files' | 'push' | 'redis' | 'shared_directory'

/** From the exporter thread to the process's main thread. */
export type FromThread =
  | { readonly kind: 'bound'; readonly url: string }
  | { readonly kind: 'bind failed'; readonly message: string }
  /** A state of certificates and secrets, pushes or the sharing has changed, as the operator should know; without any secret. */
  | { readonly kind: 'notice'; readonly subject: Subject; readonly text: string }
  /** What OTel's exporter says of itself, perhaps at every push; without any secret. */
  | { readonly kind: 'warning'; readonly text: string }
  /** The source of this fork number must say everything again. */
  | { readonly kind: 'resync'; readonly forkNumber: number }
  | { readonly kind: 'death'; readonly death: Death }
  | { readonly kind: 'page server'; readonly address: PageServerAddress }
  /** Undefined where nothing is shared. */
  | { readonly kind: 'forwarder'; readonly status: ForwarderStatus | undefined }
