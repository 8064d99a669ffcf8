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
 * `run` loads this file into every worker, before the application. The agent answers to the master.
 * Without a master, for example in a child process of a worker, the agent does nothing.
 */

const { env } = process
const text = env[agentVariable]
// The settings are for this process: a child process must not inherit the variable.
Reflect.deleteProperty(env, agentVariable)
if (isMainThread && cluster.isWorker && text !== undefined) start(JSON.parse(text) as AgentSettings)

function start({ beatMs, keepAliveMs, requests }: AgentSettings): void {
  const drain = new Drain({ keepAliveMs, onDrained: leave })
  const onTerm = (): void => {
    // An application with a listener of its own decides itself.
    if (process.listenerCount('SIGTERM') > 1) return
    // The master forks a replacement, and kills this worker at the graceful timeout.
    if (process.connected) send({ cmd: askedCommand }, (error) => error && drain.start())
    else drain.start()
  }
  // Terminals and service managers signal the whole group. The master sends a command too.
  const ignore = (): void => {}
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, ignore)
  process.on('SIGTERM', onTerm)

  /**
   * A connection that the primary hands over while the last server closes is still in the channel.
   * Without this process, its client would wait without end. The primary reads the close before
   * `drainedCommand`. Node.js gives earlier connections back before the answer arrives.
   */
  function leave(): void {
    if (process.connected) send({ cmd: drainedCommand }, (error) => error && finish())
    else finish()
  }

  /** Ends the process by SIGTERM, if the application has a listener for its own shutdown. */
  function finish(): void {
    process.off('SIGTERM', onTerm)
    if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM')
    else process.exit(0)
  }

  const events: NodeJS.EventEmitter = process
  // Unlike `'message'`, a listener of this event does not keep the process alive.
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
  let isInFlight = false
  setInterval(() => {
    // While the master reads nothing, further heartbeats would fill the memory of this process.
    if (isInFlight) return
    isInFlight = true
    send({ cmd: beatCommand }, () => {
      isInFlight = false
    })
  }, intervalMs).unref()
}

function countRequests(limit: number): void {
  let served = 0
  subscribe('http.server.response.finish', () => {
    served += 1
    if (served === limit) send({ cmd: spentCommand }, () => {})
  })
}

function send(message: FromAgent, done: (error: Error | null) => void): void {
  try {
    process.send?.(message, undefined, undefined, done)
  } catch (error) {
    // The channel has closed: the master has ended.
    done(error instanceof Error ? error : new Error(String(error)))
  }
}
