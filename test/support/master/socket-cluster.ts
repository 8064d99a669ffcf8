import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { type AddressInfo, connect, type NetConnectOpts, Server } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ListeningSockets } from '../../../src/master/sockets/listening-sockets.ts'
import { testLog } from './bench.ts'

/** A real worker that obeys the test: see `test/fixtures/master/socket-worker.cjs`. */
export interface SocketWorker {
  readonly worker: Worker
  readonly pid: number
  /** Sends a command, and resolves with the next message of the worker. */
  readonly ask: (command: object) => Promise<Record<string, unknown>>
  readonly listens: (options: object) => Promise<AddressInfo>
  /** Ends the worker by SIGKILL, and waits until the channel is closed. */
  readonly dies: () => Promise<void>
}

export interface SocketCluster {
  readonly cluster: {
    readonly fork: () => Promise<SocketWorker>
    /** Forks a worker that listens. */
    readonly listens: (options: object) => Promise<AddressInfo>
  }
  readonly sockets: ListeningSockets
  readonly lines: () => string[]
}

/** A real cluster in this process whose sockets the master holds, until the end of the test. */
export function socketCluster(context: TestContext, predecessor?: string): SocketCluster {
  const { listen } = Server.prototype
  const { log, lines } = testLog(context)
  cluster.setupPrimary({
    exec: join(import.meta.dirname, '../../fixtures/master/socket-worker.cjs'),
    execArgv: [],
    args: [],
  })
  const sockets = new ListeningSockets({ cluster, log, predecessor })
  const workers: Worker[] = []
  context.after(async () => {
    Server.prototype.listen = listen
    sockets.stopAccepting()
    await Promise.all(workers.map(ended))
    cluster.removeAllListeners('fork')
  })
  const fork = async (): Promise<SocketWorker> => {
    const worker = cluster.fork()
    workers.push(worker)
    const ask = async (command: object): Promise<Record<string, unknown>> => {
      worker.send(command)
      const [reply] = await once(worker, 'message')
      return reply
    }
    await once(worker, 'message')
    return {
      worker,
      pid: worker.process.pid ?? 0,
      ask,
      listens: async (options) => (await ask({ listen: options }))['address'] as AddressInfo,
      dies: () => ended(worker),
    }
  }
  const listens = async (options: object): Promise<AddressInfo> => (await fork()).listens(options)
  return { cluster: { fork, listens }, sockets, lines }
}

/** The pid of the worker that answers on this address. */
export async function answerFrom(address: NetConnectOpts): Promise<number> {
  const chunks: unknown[] = []
  for await (const chunk of connect(address)) chunks.push(chunk)
  return Number(chunks.join(''))
}

async function ended(worker: Worker): Promise<void> {
  if (!worker.isConnected()) return
  const disconnected = once(worker, 'disconnect')
  worker.process.kill('SIGKILL')
  await disconnected
}
