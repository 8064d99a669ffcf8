import { basename } from 'node:path'
import { environment, setVariables } from './environment.ts'
import { parentVariable as variable } from './variables.ts'

/**
 * Announces to workers that this process reads their reports. Call this function before the first
 * fork. A worker that waited for an answer would mistake a busy primary for a primary without the
 * preload.
 */
export function announceParent(): void {
  setVariables(parentVariables())
}

/** The announcement for the environment of a single worker. */
export function parentVariables(): Readonly<Record<string, string>> {
  return { [variable]: String(process.pid) }
}

/** Whether the parent has announced itself. PM2's daemon has no preload, and announces nothing. */
export function hasPreloadedParent(): boolean {
  return environment()[variable] === String(process.ppid)
}

/** Whether PM2's daemon has forked this worker, and PM2's own code has not yet run. */
export function isForkedByPm2(): boolean {
  return environment()['pm2_env'] !== undefined
}

/** Whether this process is the daemon of PM2, whose workers cannot rely on a preload. */
export function isDaemonOfPm2(): boolean {
  return environment()['PM2_HOME'] !== undefined && basename(process.argv[1] ?? '') === 'Daemon.js'
}

/** Whether the environment names a sidecar. Without a sidecar, no announcement is needed. */
export function hasSidecarVariable(): boolean {
  const { PROMETHEUS_SHARED_DIR: directory = '', SIDECAR_MODE: mode = '' } = environment()
  return directory.trim() !== '' || mode.trim() !== ''
}
