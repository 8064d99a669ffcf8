import { Session } from 'node:inspector'
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { hangStackLimits } from '../limits/hang-stacks.ts'
import { isForbidden } from '../support/error-code.ts'
import { messageOf } from '../support/error-message.ts'
import { capturedHang } from './captured-hang.ts'
import { encodeHang } from './hang-message.ts'
import { HungProfiles } from './hung-profiles.ts'
import { MainThreadStack } from './main-thread-stack.ts'
import { SourcePositions } from './source-position.ts'
import { StackWriter } from './stack-writer.ts'
import { StallDetector } from './stall-detector.ts'
import {
  beatAt,
  type FromWatchdog,
  inspectorAt,
  stallsAt,
  type WatchdogData,
} from './watchdog-data.ts'

/*
 * The watchdog thread: looks at the heartbeat of the main thread, and takes the stack of a main
 * thread that stands still.
 */

const { pid, stallMs, checkMs, shared, destination, ownDirectory } = workerData as WatchdogData
const places = new Int32Array(shared)
const detector = new StallDetector({ stallMs, checkMs }, performance.now())
const writer = new StackWriter(destination)
const profiles = destination.kind === 'file' ? new HungProfiles({ ...destination, pid }) : undefined
/** The stall whose stack is shown or being taken; 0 while the event loop moves. */
let present = 0

setInterval(check, checkMs)

function check(): void {
  const change = detector.check(Atomics.load(places, beatAt), performance.now())
  if (change === 'moved') {
    present = 0
    writer.remove()
  }
  // An open inspector belongs to a person: the person's breakpoints also stop the event loop.
  const isOpen = Atomics.load(places, inspectorAt) === 1
  if (present !== 0 && !isOpen) profiles?.look()
  if (change !== 'stalled' || isOpen) return
  present = Atomics.add(places, stallsAt, 1) + 1
  take(present).catch((error: unknown) => {
    post(isForbidden(error) ? { kind: 'refused', reason: messageOf(error) } : { kind: 'fault' })
  })
}

async function take(stall: number): Promise<void> {
  const capture = await new MainThreadStack(new Session(), hangStackLimits).take()
  // A stack after the stall would name code that did not hold the event loop.
  if (stall !== present || capture.kind === 'debugger') return
  const { frameChars, mapFileBytes } = hangStackLimits
  const positions = new SourcePositions(mapFileBytes)
  const { seconds } = detector
  const hang = capturedHang(capture, { seconds, ownDirectory, frameChars, positions })
  writer.write(encodeHang({ pid, stall, ...hang }))
}

function post(message: FromWatchdog): void {
  parentPort?.postMessage(message)
}
