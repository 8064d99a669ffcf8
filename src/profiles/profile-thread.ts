import { closeSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../support/error-message.ts'
import { MainThreadProfile } from './main-thread-profile.ts'
import { ProfileFiles } from './profile-files.ts'
import type { ProfileOrder } from './profile-order.ts'

/*
 * A thread of a worker that takes one CPU profile of the main thread, and ends. The work on the
 * profile blocks no request, and a main thread that hangs meanwhile does not matter.
 */

const { place, name, seconds } = workerData as ProfileOrder

async function take(): Promise<void> {
  const files = new ProfileFiles(place, name)
  const file = files.begin()
  try {
    const stopped = new AbortController().signal
    writeFileSync(file, await new MainThreadProfile(new Session()).take({ seconds, stopped }))
    files.finish()
  } catch (error) {
    files.drop()
    throw error
  } finally {
    closeSync(file)
  }
}

take().catch((error: unknown) => parentPort?.postMessage(messageOf(error)))
