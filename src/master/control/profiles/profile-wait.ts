import { profileLimits } from '../../../limits/tools/profiles.ts'
import type { ProfileFiles, ProfileState } from '../../../profiles/profile-files.ts'
import type { ProfiledWorker } from '../../worker/profiled-worker.ts'

export interface ProfileWaitOptions {
  readonly files: Pick<ProfileFiles, 'state'>
  readonly worker: Pick<ProfiledWorker, 'hasEnded'>
  /** The client has gone, or the worker has sent the reason of a failure. */
  readonly stopped: AbortSignal
}

/** What has become of a profile after a wait. */
export type ProfileOutcome =
  | Exclude<ProfileState, { kind: 'none' }>
  | { readonly kind: 'late' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'stopped' }

/**
 * Waits until the files of a profile say more than before.
 * @param from the state of the files so far.
 */
export async function nextOutcome(
  { files, worker, stopped }: ProfileWaitOptions,
  from: 'none' | 'begun',
  ms: number,
): Promise<ProfileOutcome> {
  const deadline = performance.now() + ms
  for (;;) {
    // First the end: a worker can write the file and end.
    const { hasEnded } = worker
    const { state } = files
    if (state.kind !== 'none' && state.kind !== from) return state
    if (stopped.aborted) return { kind: 'stopped' }
    if (hasEnded) return { kind: 'ended' }
    if (performance.now() >= deadline) return { kind: 'late' }
    await pause(profileLimits.pollMs)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
