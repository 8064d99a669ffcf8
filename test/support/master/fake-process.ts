import { EventEmitter } from 'node:events'
import type { AgentProcess } from '../../../src/master/agent/worker-agent.ts'

type Done = (error: Error | null) => void

/** The `process` of a worker, whose ends, signals and messages the test notes. */
export class FakeProcess extends EventEmitter {
  readonly pid = 77
  connected = true
  /** What happened, in order: commands to the master, signals to itself, ends. */
  readonly events: string[] = []
  /** Callbacks of the sent messages. */
  readonly callbacks: Done[] = []
  /** The error that the next `send()` throws. */
  refusal: unknown

  send(message: unknown, ...[, , done]: [unknown, unknown, Done]): boolean {
    if (this.refusal !== undefined) throw this.refusal
    this.events.push((message as { cmd: string }).cmd.replace('NODE_GUNICORN_', ''))
    this.callbacks.push(done)
    return true
  }

  kill(pid: number, signal: string): true {
    this.events.push(`${signal} to ${pid}`)
    return true
  }

  exit(code: number): void {
    this.events.push(`exit ${code}`)
  }

  /** Delivers a command of the master. */
  gets(name: 'RETIRE' | 'RELEASE' | 'QUIT' | 'REOPEN'): void {
    this.emit('internalMessage', { cmd: `NODE_GUNICORN_${name}` })
  }

  asProcess(): AgentProcess {
    return this as unknown as AgentProcess
  }
}
