import { Worker } from 'node:worker_threads'
import { type OwnProgram, threadSource } from '../files/own-program.ts'
import { profileLimits } from '../limits/tools/profiles.ts'
import { messageOf } from '../support/error-message.ts'
import { hiddenThread } from '../support/hidden-thread.ts'
import { setImmediate } from '../support/intrinsics/timers.ts'
import { takeHeapSnapshot } from './heap-snapshot.ts'
import { inspectorRefusal } from './inspector-access.ts'
import { ProfileFiles } from './profile-files.ts'
import {
  type ProfileFailure,
  type ProfileOrder,
  parseToProfiled,
  profileCommand,
  profileFailedCommand,
} from './profile-order.ts'

interface Running {
  readonly order: ProfileOrder
  readonly thread: Worker
}

/** The part of an agent in profiles of its worker: takes orders of the master, one at a time. */
export class WorkerProfiles {
  readonly #program: () => OwnProgram
  readonly #send: (failure: ProfileFailure) => void
  #running: Running | undefined
  /** A snapshot that begins in the next turn. */
  #waiting: ProfileOrder | undefined

  /**
   * @param program of the thread that takes CPU profiles.
   * @param send sends a message to the master.
   */
  constructor(program: () => OwnProgram, send: (failure: ProfileFailure) => void) {
    this.#program = program
    this.#send = send
  }

  /** Takes a message of the channel. Throws nothing. */
  receive(value: unknown): void {
    const message = parseToProfiled(value)
    if (!message) return
    if (message.cmd === profileCommand) this.#begin(message.order)
    else if (this.#waiting?.number === message.number) this.#waiting = undefined
    else if (this.#running?.order.number === message.number) this.#stop()
  }

  #begin(order: ProfileOrder): void {
    try {
      if (this.#running) throw new Error('another profile of this worker is running')
      if (order.kind === 'heap') this.#await(order)
      else this.#start(order)
    } catch (error) {
      this.#failed(order, messageOf(error))
    }
  }

  /** After a blocked turn, the channel has the order and its end: nobody wants the snapshot. */
  #await(order: ProfileOrder): void {
    this.#waiting = order
    setImmediate(() => {
      if (this.#waiting !== order) return
      this.#waiting = undefined
      try {
        takeHeapSnapshot(order)
      } catch (error) {
        this.#failed(order, messageOf(error))
      }
    })
  }

  /** @throws where the process forbids the inspector or threads. */
  #start(order: ProfileOrder): void {
    const refusal = inspectorRefusal()
    if (refusal !== undefined) throw new Error(refusal)
    const thread = hiddenThread(() => this.#created(order))
    this.#running = { order, thread }
    thread.on('message', (reason: unknown) => this.#failed(order, String(reason)))
    // Without a listener, the error would end the application. 'exit' follows.
    thread.on('error', (error) => this.#failed(order, messageOf(error)))
    thread.on('exit', () => {
      if (this.#running?.thread === thread) this.#running = undefined
    })
    // After the listeners: adding a listener for 'message' references the thread's port.
    thread.unref()
  }

  #created(order: ProfileOrder): Worker {
    const { source, isText } = threadSource(this.#program(), false)
    return new Worker(source, {
      eval: isText,
      name: 'gunicorn-prometheus-exporter profile',
      workerData: order,
      // Without the preload and the application's flags and variables.
      execArgv: [],
      env: {},
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: profileLimits.threadHeapMb },
    })
  }

  #stop(): void {
    const running = this.#running
    if (!running) return
    const files = new ProfileFiles(running.order.place, running.order.name)
    const drop = (): void => files.drop()
    running.thread.terminate().then(drop, drop)
  }

  #failed({ number }: ProfileOrder, reason: string): void {
    // After the listeners of the thread: a message can be the last.
    setImmediate(() => this.#send({ cmd: profileFailedCommand, number, reason }))
  }
}
