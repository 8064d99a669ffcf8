import { subscribe } from 'node:diagnostics_channel'
import { Drain } from './drain.ts'
import {
  type AgentSettings,
  askedCommand,
  beatCommand,
  commandOf,
  drainedCommand,
  type FromAgent,
  quitCommand,
  releaseCommand,
  reopenCommand,
  retireCommand,
  spentCommand,
  toldCommand,
} from './message.ts'

/** The used part of `process`. */
export interface AgentProcess
  extends Pick<NodeJS.EventEmitter, 'on' | 'off' | 'listenerCount'>,
    Pick<NodeJS.Process, 'connected' | 'pid' | 'kill' | 'exit' | 'send'> {}

/** The agent of a master in a worker: obeys the commands of the master, and reports. */
export class WorkerAgent {
  readonly #settings: AgentSettings
  readonly #process: AgentProcess
  readonly #drain: Drain
  readonly #onTerm = (): void => this.#asked('SIGTERM')
  readonly #onQuit = (): void => this.#asked('SIGQUIT')

  constructor(settings: AgentSettings, process: AgentProcess) {
    this.#settings = settings
    this.#process = process
    const { keepAliveMs } = settings
    this.#drain = new Drain({ keepAliveMs, onDrained: () => this.#drained() })
  }

  start(): void {
    // Terminals and service managers signal the whole group. The master sends a command too.
    const ignore = (): void => {}
    for (const signal of ['SIGINT', 'SIGHUP']) this.#process.on(signal, ignore)
    this.#process.on('SIGTERM', this.#onTerm)
    this.#process.on('SIGQUIT', this.#onQuit)
    // Unlike `'message'`, a listener of this event does not keep the process alive.
    this.#process.on('internalMessage', (message: unknown) => this.#obey(message))
    const { beatMs, requests } = this.#settings
    if (beatMs > 0) this.#beat(beatMs)
    if (requests > 0) this.#countRequests(requests)
  }

  #obey(message: unknown): void {
    const command = commandOf(message)
    if (command === retireCommand) this.#drain.start()
    if (command === releaseCommand) this.#finish()
    if (command === quitCommand) this.#process.exit(0)
    if (command === reopenCommand && this.#process.listenerCount('SIGUSR1') > 0) {
      this.#process.kill(this.#process.pid, 'SIGUSR1')
    }
  }

  #asked(signal: 'SIGTERM' | 'SIGQUIT'): void {
    // An application with a listener decides alone.
    if (this.#process.listenerCount(signal) > 1) {
      this.#report({ cmd: toldCommand }, () => {})
      return
    }
    // The master forks a replacement, and kills this worker at the graceful timeout.
    this.#report({ cmd: askedCommand }, () => this.#drain.start())
  }

  /**
   * While the last server closes, the primary can hand a connection over. The connection is still
   * in the channel, and without this process the client would wait without end. The primary reads
   * the close before `drainedCommand`. Node.js gives earlier connections back before the answer.
   */
  #drained(): void {
    this.#report({ cmd: drainedCommand }, () => this.#finish())
  }

  /** Ends the process by SIGTERM, if the application has a listener for the shutdown. */
  #finish(): void {
    const { pid } = this.#process
    this.#process.off('SIGTERM', this.#onTerm)
    if (this.#process.listenerCount('SIGTERM') > 0) this.#process.kill(pid, 'SIGTERM')
    else this.#process.exit(0)
  }

  #beat(intervalMs: number): void {
    let isInFlight = false
    setInterval(() => {
      // While the master reads nothing, further heartbeats would fill the memory of this process.
      if (isInFlight) return
      isInFlight = true
      this.#send({ cmd: beatCommand }, () => {
        isInFlight = false
      })
    }, intervalMs).unref()
  }

  #countRequests(limit: number): void {
    let served = 0
    subscribe('http.server.response.finish', () => {
      served += 1
      if (served === limit) this.#send({ cmd: spentCommand }, () => {})
    })
  }

  /** Acts alone when no master can answer. */
  #report(message: FromAgent, actAlone: () => void): void {
    if (this.#process.connected) this.#send(message, (error) => error && actAlone())
    else actAlone()
  }

  #send(message: FromAgent, done: (error: Error | null) => void): void {
    try {
      this.#process.send?.(message, undefined, undefined, done)
    } catch (error) {
      // The channel has closed: the master has ended.
      done(error instanceof Error ? error : new Error(String(error)))
    }
  }
}
