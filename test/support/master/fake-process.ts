import { EventEmitter } from 'node:events'
import type { AgentProcess } from '../../../src/master/agent/worker-agent.ts'

type Done = (error: Error | null) => void

/** The `process` of a worker, whose ends, signals and messages the test notes. */
export class FakeProcess extends EventEmitter {
  readonly pid = 77
  connected = true
  /** What happened, in order: commands to the master, signals to itself, ends. */
  readonly events: string[] = []
  readonly messages: unknown[] = []
  /** Callbacks of the sent messages. */
  readonly callbacks: Done[] = []
  /** The error that the next `send()` throws. */
  refusal: unknown
  /** By signal: the function that Node.js calls at the signal. */
  readonly #bound = new Map<string, (...values: unknown[]) => boolean>()

  send(message: unknown, ...[, , done]: [unknown, unknown, Done]): boolean {
    if (this.refusal !== undefined) throw this.refusal
    this.events.push((message as { cmd: string }).cmd.replace('NODE_GUNICORN_', ''))
    this.messages.push(message)
    this.callbacks.push(done)
    return true
  }

  /** Like Node.js, binds `emit` when the first listener of a signal is added. */
  override on(name: string, listener: (...values: unknown[]) => void): this {
    if (name.startsWith('SIG') && !this.#bound.has(name)) {
      this.#bound.set(name, this.emit.bind(this, name))
    }
    return super.on(name, listener)
  }

  /** Sends a signal to the process. */
  raise(signal: string): void {
    this.#bound.get(signal)?.(signal)
  }

  memoryUsage = { rss: () => 4_096 }

  kill(pid: number, signal: string): true {
    this.events.push(`${signal} to ${pid}`)
    return true
  }

  exit(code: number): void {
    this.events.push(`exit ${code}`)
  }

  /** Delivers a command of the master. */
  gets(name: 'RETIRE' | 'RELEASE' | 'QUIT' | 'HEARD' | 'REOPEN', signal?: string): void {
    this.emit('internalMessage', { cmd: `NODE_GUNICORN_${name}`, signal })
  }

  asProcess(): AgentProcess {
    return this as unknown as AgentProcess
  }
}
