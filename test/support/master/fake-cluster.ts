import type { Cluster, Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { listeningCommand } from '../../../src/master/agent/listening-message.ts'
import { agentVariable } from '../../../src/master/agent/message.ts'

/** A worker without a process: the test plays the worker's part. */
export class FakeWorker extends EventEmitter {
  readonly id: number
  /** Commands that the agent of the worker got. */
  readonly commands: string[] = []
  /** Signals that the process got. */
  readonly signals: string[] = []
  readonly settings: unknown
  readonly process: EventEmitter & {
    pid: number | undefined
    connected: boolean
    exitCode: number | null
    signalCode: string | null
    kill: (signal: string) => void
    send: (message: { readonly cmd: string }) => void
  }

  constructor(id: number, settings: unknown) {
    super()
    this.id = id
    this.settings = settings
    this.process = Object.assign(new EventEmitter(), {
      pid: 1_000 + id,
      connected: true,
      exitCode: null,
      signalCode: null,
      kill: (signal: string) => void this.signals.push(signal),
      send: ({ cmd }: { readonly cmd: string }) =>
        void this.commands.push(cmd.replace('NODE_GUNICORN_', '')),
    })
  }

  isConnected(): boolean {
    return this.process.connected
  }

  /** Sends a message of the agent. */
  says(
    name: 'BEAT' | 'SPENT' | 'CLOSED' | 'ASKED' | 'MISSED',
    signal: NodeJS.Signals = 'SIGTERM',
  ): void {
    this.process.emit('internalMessage', { cmd: `NODE_GUNICORN_${name}`, signal, rssBytes: 4_096 })
  }

  /** Sends a heartbeat. */
  beats(rssBytes: number): void {
    this.process.emit('internalMessage', { cmd: 'NODE_GUNICORN_BEAT', rssBytes })
  }

  /** The agent reports all addresses on which the worker listens from now on. */
  listensOn(...addresses: readonly string[]): void {
    this.process.emit('internalMessage', { cmd: listeningCommand, addresses })
  }

  asWorker(): Worker {
    return this as unknown as Worker
  }
}

/** The part of `node:cluster` that a master uses. */
export class FakeCluster extends EventEmitter {
  readonly forked: FakeWorker[] = []
  readonly workers: Record<string, FakeWorker> = {}
  /** Errors that the next forks throw. */
  readonly refusals: Error[] = []

  fork(variables: Record<string, string>): FakeWorker {
    const refusal = this.refusals.shift()
    if (refusal) throw refusal
    const settings = JSON.parse(variables[agentVariable] ?? 'null')
    const worker = new FakeWorker(this.forked.length + 1, settings)
    this.forked.push(worker)
    this.workers[worker.id] = worker
    return worker
  }

  worker(id: number): FakeWorker {
    const worker = this.forked[id - 1]
    if (!worker) throw new Error(`worker ${id} was not forked`)
    return worker
  }

  listens(...ids: readonly number[]): void {
    for (const id of ids) this.worker(id).listensOn('*:8000')
  }

  /** Ends the process of a worker; the channel closes before, unless a child process holds it. */
  ends(id: number, end: { code?: number; signal?: string; isChannelOpen?: boolean } = {}): void {
    const worker = this.worker(id)
    worker.process.connected = end.isChannelOpen ?? false
    const code = end.signal ? null : (end.code ?? 0)
    this.emit('exit', worker, code, end.signal ?? null)
  }

  asCluster(): Cluster {
    return this as unknown as Cluster
  }
}
