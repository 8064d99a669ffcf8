import type { WorkersDirectory } from '../../../files/workers-directory.ts'
import { profileLimits } from '../../../limits/tools/profiles.ts'
import { OrderFiles } from '../../../profiles/order-files.ts'
import { ProfileFiles } from '../../../profiles/profile-files.ts'
import {
  type ProfileOrder,
  profileCommand,
  stopProfileCommand,
} from '../../../profiles/profile-order.ts'
import { messageOf } from '../../../support/error-message.ts'
import type { ProfiledWorker } from '../../worker/profiled-worker.ts'
import { CommandFault } from '../command-fault.ts'
import { nextOutcome, type ProfileOutcome } from './profile-wait.ts'

export interface RecordingOptions {
  /** Makes an order with a number and a file of its own. */
  readonly newOrder: () => ProfileOrder
  readonly worker: ProfiledWorker
  /** Where the watchdog of the worker reads orders; undefined without a watchdog. */
  readonly directory: WorkersDirectory | undefined
  readonly gone: AbortSignal
}

export interface RecordingResult {
  readonly path: string
  readonly bytes: number
  /** Whether the worker's event loop was blocked at the begin. */
  readonly isHung: boolean
}

/** @throws CommandFault with the reason where there is no file. */
export async function record(options: RecordingOptions): Promise<RecordingResult> {
  const order = options.newOrder()
  const suspension = options.worker.suspendTimeout(longestMs(order))
  try {
    const outcome = await byMessage(order, options)
    // A heap snapshot has stopped the worker.
    if (order.kind === 'heap' && outcome.kind === 'done') suspension.forgive()
    if (outcome.kind !== 'late') return resultOf(outcome, order, options)
    // The worker can read the first order at any time, and then stops at once.
    const second = options.newOrder()
    const last = await byFile(second, options)
    return { ...resultOf(last, second, options), isHung: true }
  } finally {
    suspension.end()
  }
}

/** The whole time of a recording, also of a second order. */
function longestMs({ seconds, kind }: ProfileOrder): number {
  const { snapshotMs, writeMs, beginMs, hungBeginMs } = profileLimits
  return kind === 'heap' ? snapshotMs : 1_000 * seconds + writeMs + beginMs + hungBeginMs
}

async function byMessage(order: ProfileOrder, options: RecordingOptions): Promise<ProfileOutcome> {
  const { worker, gone } = options
  const stopping = new AbortController()
  let failure: string | undefined
  const stopListening = worker.onFailure(order.number, (reason) => {
    failure = reason
    stopping.abort()
  })
  const stop = (): void => stopping.abort()
  gone.addEventListener('abort', stop)
  try {
    worker.send({ cmd: profileCommand, order })
    const outcome = await ended(order, { worker, stopped: stopping.signal }, profileLimits.beginMs)
    return failure === undefined ? outcome : { kind: 'failed', reason: failure }
  } finally {
    gone.removeEventListener('abort', stop)
    stopListening()
    worker.send({ cmd: stopProfileCommand, number: order.number })
  }
}

/** The worker reads no message. Its watchdog reads a file. */
async function byFile(order: ProfileOrder, options: RecordingOptions): Promise<ProfileOutcome> {
  const { directory, worker, gone } = options
  if (!directory || order.kind === 'heap') return { kind: 'late' }
  const orders = new OrderFiles(directory)
  try {
    orders.write(worker.forkNumber, order)
  } catch (error) {
    return { kind: 'failed', reason: `the order cannot be written: ${messageOf(error)}` }
  }
  try {
    return await ended(order, { worker, stopped: gone }, profileLimits.hungBeginMs)
  } finally {
    orders.remove(worker.forkNumber)
  }
}

interface Wait {
  readonly worker: Pick<ProfiledWorker, 'hasEnded'>
  readonly stopped: AbortSignal
}

async function ended(order: ProfileOrder, wait: Wait, beginMs: number): Promise<ProfileOutcome> {
  const files = new ProfileFiles(order.place, order.name)
  const begun = await nextOutcome({ ...wait, files }, 'none', beginMs)
  if (begun.kind !== 'begun') return begun
  const outcome = await nextOutcome({ ...wait, files }, 'begun', longestMs(order))
  if (outcome.kind !== 'late') return outcome
  return { kind: 'failed', reason: `worker ${order.pid} began, and wrote no file in time` }
}

function resultOf(
  outcome: ProfileOutcome,
  order: ProfileOrder,
  { directory }: Pick<RecordingOptions, 'directory'>,
): RecordingResult {
  if (outcome.kind === 'done') return { path: outcome.path, bytes: outcome.bytes, isHung: false }
  // A worker that has ended leaves a draft. A snapshot can be large.
  if (outcome.kind === 'ended') dropQuietly(order)
  throw new CommandFault(reasonOf(outcome, order, directory !== undefined), 'GPE_PROFILE_FAILED')
}

function dropQuietly({ place, name }: ProfileOrder): void {
  try {
    new ProfileFiles(place, name).drop()
  } catch {
    // The next profile removes the draft when the draft is old.
  }
}

function reasonOf(
  outcome: Exclude<ProfileOutcome, { kind: 'done' }>,
  { pid, kind }: ProfileOrder,
  hasWatchdog: boolean,
): string {
  if (outcome.kind === 'failed') return outcome.reason
  if (outcome.kind === 'ended') return `worker ${pid} has ended`
  if (outcome.kind === 'stopped') return 'the client has gone'
  const blocked = `worker ${pid} does not begin: its event loop is blocked`
  if (kind === 'heap') return `${blocked}, and a heap snapshot needs a free event loop`
  if (hasWatchdog) return `${blocked} in native code, or the process is stopped`
  return `${blocked}. A profile of such a worker needs --hang-stacks SECONDS`
}
