import type * as Inspector from 'node:inspector'
import type { Worker } from 'node:worker_threads'
import { type OwnProgram, threadSource } from '../files/own-program.ts'
import { hangStackLimits } from '../limits/hang-stacks.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { inspectorRefusal } from '../profiles/inspector-access.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import { messageOf } from '../support/error-message.ts'
import { hiddenThread } from '../support/hidden-thread.ts'
import { createRequire } from '../support/process/create-require.ts'
import { workerThreads } from '../support/process/main-thread.ts'
import type { Stop } from '../support/stop.ts'
import { restingBeat } from './stall-detector.ts'
import {
  beatAt,
  type FromWatchdog,
  type HangDestination,
  inspectorAt,
  sharedInts,
  type WatchdogData,
} from './watchdog-data.ts'

const load = createRequire(import.meta.url)

export interface WatchdogOptions {
  /** A standstill of this length is a stall, seconds. */
  readonly seconds: number
  readonly destination: HangDestination
  readonly program: OwnProgram
  readonly ownDirectory: string
  readonly onFault: () => void
  readonly warn: (text: CodedText) => void
  /** Default: `hangStackLimits`. */
  readonly limits?: WatchdogLimits
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'every'>
}

type WatchdogLimits = Readonly<
  Record<
    'threadHeapMb' | 'threadYoungHeapMb' | 'threadRestarts' | 'checkFirstMs' | 'checkLastMs',
    number
  >
>

/**
 * Watches the event loop of this process from a thread. The thread takes the stack of the main
 * thread when the event loop stands still. Keeps no process alive. Never throws.
 */
export function watchMainThread(options: WatchdogOptions): Stop {
  const { clock = nodeClock, warn } = options
  try {
    const inspector = loadInspector()
    const watchdog = new Watchdog(options)
    const beat = (): void => watchdog.beat(inspector.url() !== undefined)
    beat()
    const stopBeats = clock.every(watchdog.checkMs, beat)
    return () => {
      stopBeats()
      watchdog.stop()
    }
  } catch (error) {
    warn(unavailable(messageOf(error)))
    return () => {}
  }
}

function loadInspector(): typeof Inspector {
  const refusal = inspectorRefusal()
  if (refusal !== undefined) throw new Error(refusal)
  return load('node:inspector') as typeof Inspector
}

function unavailable(reason: string): CodedText {
  return coded('GPE_HANG_STACKS', `a process that hangs shows no stack: ${reason}`)
}

/** The main thread's side of a watchdog. */
class Watchdog {
  readonly checkMs: number
  readonly #options: WatchdogOptions
  readonly #limits: WatchdogLimits
  readonly #shared = new SharedArrayBuffer(sharedInts * Int32Array.BYTES_PER_ELEMENT)
  readonly #places = new Int32Array(this.#shared)
  #thread: Worker | undefined
  #restarts = 0

  constructor(options: WatchdogOptions) {
    this.#options = options
    this.#limits = options.limits ?? hangStackLimits
    const { checkFirstMs, checkLastMs } = this.#limits
    this.checkMs = Math.min(Math.max(options.seconds * 125, checkFirstMs), checkLastMs)
    this.#start()
  }

  /** @param hasInspector whether a debugger can connect to the process. */
  beat(hasInspector: boolean): void {
    Atomics.store(this.#places, inspectorAt, hasInspector ? 1 : 0)
    // The number wraps around, and never becomes `restingBeat`.
    Atomics.store(this.#places, beatAt, (Atomics.load(this.#places, beatAt) + 1) & 0x3fff_ffff)
  }

  stop(): void {
    Atomics.store(this.#places, beatAt, restingBeat)
    const thread = this.#thread
    this.#thread = undefined
    thread?.terminate().catch(() => {})
  }

  #start(): void {
    const thread = hiddenThread(() => this.#created())
    this.#thread = thread
    thread.on('message', (message: FromWatchdog) => this.#receive(message))
    // Without a listener, the error would end the application. 'exit' follows.
    thread.on('error', () => {})
    thread.on('exit', () => this.#ended(thread))
    // After the listeners: adding a listener for 'message' references the thread's port.
    thread.unref()
  }

  #created(): Worker {
    const { seconds, destination, program, ownDirectory } = this.#options
    const { source, isText } = threadSource(program, false)
    const stallMs = seconds * 1_000
    return new (workerThreads().Worker)(source, {
      eval: isText,
      name: 'gunicorn-prometheus-exporter watchdog',
      workerData: {
        pid: process.pid,
        // A heartbeat can be this old when the event loop stops.
        stallMs: stallMs + this.checkMs,
        checkMs: this.checkMs,
        shared: this.#shared,
        destination,
        ownDirectory,
      } satisfies WatchdogData,
      // Without the preload and the application's flags and variables.
      execArgv: [],
      env: {},
      // By default, Node pipes both to the application's streams and adds listeners there.
      stdout: true,
      stderr: true,
      resourceLimits: {
        maxOldGenerationSizeMb: this.#limits.threadHeapMb,
        maxYoungGenerationSizeMb: this.#limits.threadYoungHeapMb,
      },
    })
  }

  #receive(message: FromWatchdog): void {
    if (message.kind === 'fault') this.#options.onFault()
    if (message.kind !== 'refused') return
    this.stop()
    this.#options.warn(unavailable(message.reason))
  }

  #ended(thread: Worker): void {
    if (thread !== this.#thread) return
    this.#options.onFault()
    this.#restarts += 1
    try {
      if (this.#restarts <= this.#limits.threadRestarts) this.#start()
      else this.#options.warn(unavailable('its thread crashed too often'))
    } catch {
      // The system can refuse a thread. An error in a listener would end the application.
    }
  }
}
