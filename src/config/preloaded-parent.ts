import { environment } from './environment.ts'
import { parentVariable as variable } from './variables.ts'

/**
 * Announces to workers that this process reads their reports. Call this function before the first
 * fork. A worker that waited for an answer would mistake a busy primary for a primary without the
 * preload.
 */
export function announceParent(): void {
  Object.assign(environment(), { [variable]: String(process.pid) })
}

/** Whether the parent has announced itself. PM2's daemon has no preload, and announces nothing. */
export function hasPreloadedParent(): boolean {
  return environment()[variable] === String(process.ppid)
}

/** Whether the environment names a sidecar. Without a sidecar, no announcement is needed. */
export function hasSidecarVariable(): boolean {
  const { PROMETHEUS_SHARED_DIR: directory = '', SIDECAR_MODE: mode = '' } = environment()
  return directory.trim() !== '' || mode.trim() !== ''
}
