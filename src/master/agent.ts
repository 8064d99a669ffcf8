import cluster from 'node:cluster'
import { subscribe } from 'node:diagnostics_channel'
import { isMainThread } from 'node:worker_threads'
import { Drain } from './drain.ts'
import {
  type AgentSettings,
  agentVariable,
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
} from './message.ts'

/*
 * Loaded into every worker of `run`, before the application: it answers to the master. Without a
 * master, for example in a child process of a worker, it does nothing.
 */

// What the master says to this process only: its children shall not hear it.
const { env } = process
const text = env[agentVariable]
Reflect.deleteProperty(env, agentVariable)
if (isMainThread && cluster.isWorker && text !== undefined) start(JSON.parse(text) as AgentSettings)

function start({ beatMs, keepAliveMs, requests }: AgentSettings): void {
  const drain = new Drain({ keepAliveMs, onDrained: leave })
  const onTerm = (): void => {
    // An application that listens for it itself knows better what to do.
    if (process.listenerCount('SIGTERM') > 1) return
    // The master sees to a replacement and to the end of its patience.
    if (process.connected) tell({ cmd: askedCommand }, (error) => error && drain.start())
    else drain.start()
  }
  // Told by the master, which gets these signals too where a terminal or a service manager sends them to all.
  const ignore = (): void => {}
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, ignore)
  process.on('SIGTERM', onTerm)

  /**
   * A connection that the primary hands over while the last server closes is still in the channel, and
   * would hang for ever with this process gone. The primary has heard of the close before it hears
   * this, and what it sent before its answer is here before the answer: Node gave it back.
   */
  function leave(): void {
    if (process.connected) tell({ cmd: drainedCommand }, (error) => error && finish())
    else finish()
  }

  /** Everything is served; what the application does at SIGTERM is its own way to end. */
  function finish(): void {
    process.off('SIGTERM', onTerm)
    if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM')
    else process.exit(0)
  }

  const events: NodeJS.EventEmitter = process
  // Unlike 'message', this event keeps nothing alive and is not the application's.
  events.on('internalMessage', (message: unknown) => {
    const command = commandOf(message)
    if (command === retireCommand) drain.start()
    if (command === releaseCommand) finish()
    if (command === quitCommand) process.exit(0)
    if (command === reopenCommand && process.listenerCount('SIGUSR1') > 0) {
      process.kill(process.pid, 'SIGUSR1')
    }
  })
  if (beatMs > 0) beat(beatMs)
  if (requests > 0) countRequests(requests)
}

function beat(intervalMs: number): void {
  let isUnderWay = false
  setInterval(() => {
    // A master that takes nothing off the channel would have them pile up here.
    if (isUnderWay) return
    isUnderWay = true
    tell({ cmd: beatCommand }, () => {
      isUnderWay = false
    })
  }, intervalMs).unref()
}

function countRequests(limit: number): void {
  let served = 0
  subscribe('http.server.response.finish', () => {
    served += 1
    if (served === limit) tell({ cmd: spentCommand }, () => {})
  })
}

function tell(message: FromAgent, done: (error: Error | null) => void): void {
  try {
    process.send?.(message, undefined, undefined, done)
  } catch (error) {
    // The master is gone, and this worker goes with it.
    done(error instanceof Error ? error : new Error(String(error)))
  }
}
