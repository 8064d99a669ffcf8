import { isNaturalNumber, isRecord } from '../support/guards.ts'
import { ScriptList } from './script-list.ts'

/** The used part of `inspector.Session`. */
export interface DebuggerSession {
  readonly connectToMainThread: () => void
  readonly disconnect: () => void
  readonly post: (method: string, callback?: (error: Error | null) => void) => void
  readonly on: (event: string, listener: (message: { readonly params: unknown }) => void) => void
}

/** A frame as V8 names it. */
export interface RawFrame {
  readonly name: string
  readonly script: string
  /** From 0. */
  readonly line: number
  readonly column: number
}

export type Capture =
  | {
      readonly kind: 'stack'
      /** From the top; at most `hangStackLimits.frames`. */
      readonly frames: readonly RawFrame[]
      /** Number of further frames. */
      readonly more: number
      readonly scripts: ScriptList
    }
  /** V8 could not pause the main thread in time. */
  | { readonly kind: 'native' }
  /** A debugger has paused the main thread. */
  | { readonly kind: 'debugger' }

export type CaptureLimits = Readonly<
  Record<
    'answerMs' | 'scriptsMs' | 'pauseMs' | 'wakeMs' | 'frames' | 'scripts' | 'inlineMapChars',
    number
  >
>

/**
 * Takes the JavaScript stack of the main thread, from another thread of the process. The main
 * thread pauses for a moment and goes on. Measured on Node.js 20, 22, 24 and 26:
 *
 * - The main thread reads a command when a later command follows. So a harmless command follows
 *   every `wakeMs`. While the main thread is paused, that command is `Debugger.resume`.
 * - The main thread goes on when the session ends for whatever reason: `disconnect()`, the exit of
 *   this thread, or a crash for lack of memory.
 */
export class MainThreadStack {
  readonly #session: DebuggerSession
  readonly #limits: CaptureLimits
  readonly #scripts: ScriptList
  #phase: 'before' | 'pausing' | 'resuming' = 'before'
  #isPausedByOthers = false
  #frames: unknown
  #onPaused: () => void = () => {}
  #onResumed: () => void = () => {}

  constructor(session: DebuggerSession, limits: CaptureLimits) {
    this.#session = session
    this.#limits = limits
    this.#scripts = new ScriptList(limits)
    session.on('Debugger.scriptParsed', ({ params }) => this.#scripts.add(params))
    session.on('Debugger.paused', ({ params }) => this.#paused(params))
    session.on('Debugger.resumed', () => this.#onResumed())
  }

  /** @throws where the process forbids the inspector. */
  async take(): Promise<Capture> {
    this.#session.connectToMainThread()
    const wake = setInterval(() => this.#wake(), this.#limits.wakeMs)
    try {
      return await this.#take()
    } finally {
      clearInterval(wake)
      // Takes back a pause that the main thread has not reached yet.
      this.#session.disconnect()
    }
  }

  async #take(): Promise<Capture> {
    const { answerMs, scriptsMs, pauseMs } = this.#limits
    // In native code, this cheap question stays open, and no costly command waits for the end.
    if (!(await this.#ask(harmless, answerMs))) return { kind: 'native' }
    if (!(await this.#ask('Debugger.enable', scriptsMs))) return { kind: 'native' }
    if (this.#isPausedByOthers) return { kind: 'debugger' }
    const resumed = within(pauseMs, (done) => {
      this.#onResumed = done
    })
    const paused = within(pauseMs, (done) => {
      this.#onPaused = done
    })
    this.#phase = 'pausing'
    this.#session.post('Debugger.pause')
    if (!(await paused)) return { kind: 'native' }
    await resumed
    return this.#captured()
  }

  #paused(params: unknown): void {
    if (this.#phase === 'before') {
      this.#isPausedByOthers = true
      return
    }
    // First of all: an error in a later statement must not keep the application paused.
    this.#phase = 'resuming'
    this.#session.post('Debugger.resume')
    if (isRecord(params)) this.#frames ??= params['callFrames']
    this.#onPaused()
  }

  #wake(): void {
    this.#session.post(this.#phase === 'before' ? harmless : 'Debugger.resume')
  }

  #ask(method: string, timeoutMs: number): Promise<boolean> {
    return within(timeoutMs, (done) => this.#session.post(method, (error) => !error && done()))
  }

  #captured(): Capture {
    const all: unknown[] = Array.isArray(this.#frames) ? this.#frames : []
    const frames = all.slice(0, this.#limits.frames).flatMap(rawFrameOf)
    if (frames.length === 0) return { kind: 'native' }
    return { kind: 'stack', frames, more: all.length - frames.length, scripts: this.#scripts }
  }
}

/** Changes nothing in the process and nothing for a debugger. */
const harmless = 'Schema.getDomains'

/** @returns whether `start` called back in time. */
function within(timeoutMs: number, start: (done: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs)
    start(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

function rawFrameOf(frame: unknown): RawFrame[] {
  if (!isRecord(frame) || !isRecord(frame['location'])) return []
  const { scriptId, lineNumber, columnNumber } = frame['location']
  const name = frame['functionName']
  if (typeof name !== 'string' || typeof scriptId !== 'string') return []
  if (!isNaturalNumber(lineNumber)) return []
  const column = isNaturalNumber(columnNumber) ? columnNumber : 0
  return [{ name, script: scriptId, line: lineNumber, column }]
}
