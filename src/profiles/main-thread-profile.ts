import { readFileSync } from 'node:fs'
import { profileLimits } from '../limits/tools/profiles.ts'
import { isRecord } from '../support/guards.ts'

type Callback = (error: Error | null, result?: object) => void

/** The used part of `inspector.Session`. */
export interface ProfilerSession {
  readonly connectToMainThread: () => void
  readonly disconnect: () => void
  readonly post: (method: string, parameters: object, callback: Callback) => void
}

export interface ProfileLength {
  readonly seconds: number
  /** Ends the profile early. */
  readonly stopped: AbortSignal
}

/**
 * Takes a CPU profile of the main thread, from another thread of the process. Works also while the
 * main thread runs in an endless loop. The main thread reads a command when a later command
 * follows: see `MainThreadStack`.
 */
export class MainThreadProfile {
  readonly #session: ProfilerSession

  constructor(session: ProfilerSession) {
    this.#session = session
  }

  /**
   * @returns the text of a `.cpuprofile` file.
   * @throws where the main thread does not answer, or where the process forbids the inspector.
   */
  async take({ seconds, stopped }: ProfileLength): Promise<string> {
    this.#session.connectToMainThread()
    const wake = setInterval(() => this.#post(harmless), profileLimits.wakeMs)
    try {
      await this.#ask('Profiler.enable')
      if (!recordsCoverage()) await this.#forgetOptimizedCode()
      await this.#ask('Profiler.setSamplingInterval', { interval: intervalUs(seconds) })
      await this.#ask('Profiler.start')
      await pause(1_000 * seconds, stopped)
      return textOf(await this.#ask('Profiler.stop'))
    } finally {
      clearInterval(wake)
      // Ends the profiler, too.
      this.#session.disconnect()
    }
  }

  /**
   * V8 compiles all functions again, now with the positions of inlined functions. Without this
   * step, the time of an inlined function counts for its caller: a hot function had no hit.
   */
  async #forgetOptimizedCode(): Promise<void> {
    await this.#ask('Profiler.startPreciseCoverage', { callCount: false, detailed: false })
    await this.#ask('Profiler.stopPreciseCoverage')
  }

  #post(method: string): void {
    this.#session.post(method, {}, () => {})
  }

  #ask(method: string, parameters: object = {}): Promise<unknown> {
    const { answerMs } = profileLimits
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(silentText)), answerMs)
      this.#session.post(method, parameters, (error, result) => {
        clearTimeout(late)
        if (error) reject(new Error(`V8 refuses ${method}: ${JSON.stringify(error)}`))
        else resolve(result)
      })
    })
  }
}

/** Whether Node.js records coverage, which the end of another coverage would end, too. */
function recordsCoverage(): boolean {
  try {
    return readFileSync('/proc/self/environ', 'latin1').includes('NODE_V8_COVERAGE=')
  } catch {
    // Other systems do not tell.
    return false
  }
}

/** Changes nothing in the process and nothing for a debugger. */
const harmless = 'Schema.getDomains'

const silentText =
  'the main thread does not answer the profiler: it runs native code, such as a synchronous call'

/** Longer profiles have longer pauses between two samples: the size of the file is bounded. */
function intervalUs(seconds: number): number {
  return Math.max(profileLimits.intervalUs, Math.ceil((seconds * 1e6) / profileLimits.samples))
}

/** @throws for a profile that is too large. */
function textOf(result: unknown): string {
  const text = JSON.stringify(isRecord(result) ? result['profile'] : undefined) ?? ''
  if (text.length <= profileLimits.profileBytes) return text
  throw new Error(`the profile has ${text.length} characters; choose fewer seconds`)
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stopped.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
