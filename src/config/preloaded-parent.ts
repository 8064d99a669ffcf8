import { environment } from './environment.ts'

/** Names the process that has the preload, to the workers that it forks. */
const variable = 'GUNICORN_PROMETHEUS_EXPORTER_PARENT'

/**
 * This process will hear what its workers report. Told before the first fork: a worker that had to wait for an
 * answer would take a primary that is busy for one without a preload, and be counted twice.
 */
export function announceParent(): void {
  Object.assign(environment(), { [variable]: String(process.pid) })
}

/** Whether the process that forked this one has announced itself: PM2's daemon, which is not ours, has not. */
export function hasPreloadedParent(): boolean {
  return environment()[variable] === String(process.ppid)
}

/** Whether the environment names a sidecar: without one, nothing is announced, and nobody has to be told. */
export function hasSidecarVariable(): boolean {
  const { PROMETHEUS_SHARED_DIR: directory = '', SIDECAR_MODE: mode = '' } = environment()
  return directory.trim() !== '' || mode.trim() !== ''
}
