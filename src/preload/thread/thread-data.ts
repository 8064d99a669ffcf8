import { environment } from '../../config/environment.ts'
import type { Settings } from '../../config/settings.ts'
import { exporterSettings } from '../../exporter/exporter-settings.ts'
import type { ThreadData } from '../../exporter/thread-message.ts'
import type { WorkersDirectory } from '../../files/workers-directory.ts'
import { pushSettings } from '../../push/push-settings.ts'
import type { Source } from '../../relay/report.ts'
import { directorySettings, watchedDirectory } from '../../share/directory/shared-directory.ts'
import { stateSettings } from '../../share/hand-over/state-settings.ts'
import { redisSettings } from '../../share/redis/redis-settings.ts'
import { randomHex } from '../../support/process/node-crypto.ts'

interface OwnData extends Pick<ThreadData, 'beat' | 'predecessor'> {
  /** This process, as a source without workers. */
  readonly own: Source
  readonly workersDirectory: WorkersDirectory | undefined
}

/** The data of the exporter thread of this process. */
export function threadData(
  settings: Settings,
  { own, workersDirectory, ...others }: OwnData,
): ThreadData {
  return {
    settings: exporterSettings(settings, workersDirectory),
    startSeconds: own.startSeconds,
    own,
    ...others,
    push: pushSettings(settings, environment()),
    share: redisSettings(settings),
    directory: directorySettings(settings),
    sidecar: watchedDirectory(settings),
    state: stateSettings(settings),
    hangChannel: `gunicorn-prometheus-exporter ${randomHex(16)}`,
  }
}
