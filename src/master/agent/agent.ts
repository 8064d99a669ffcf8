import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import { ownProgram } from '../../files/own-program.ts'
import { WorkerProfiles } from '../../profiles/worker-profiles.ts'
import { guarded } from '../../support/guarded.ts'
import { keepListener } from '../../support/listeners/kept-listener.ts'
import { limitConnections } from '../requests/connection-limit.ts'
import { observeRequests } from '../requests/request-observers.ts'
import { warmCommand, warmingCommand } from '../warm-up/message.ts'
import { watchWarmUps } from '../warm-up/on-warm-up.ts'
import { faultWarning } from './fault-warning.ts'
import { listeningCommand } from './listening-message.ts'
import { agentVariable, parseAgentSettings, parseToAgent, reopenCommand } from './message.ts'
import { OpenAddresses } from './open-addresses.ts'
import { WorkerAgent } from './worker-agent.ts'

/*
 * `run` loads this file into every worker, before the application. The agent answers to the master.
 * Without a master, for example in a child process of a worker, the agent does nothing.
 */

const { env } = process
const settings = parseAgentSettings(env[agentVariable])
// The settings are for this process: a child process must not inherit the variable.
Reflect.deleteProperty(env, agentVariable)
if (isMainThread && cluster.isWorker && settings) {
  new WorkerAgent(settings, process).start()
  const onFault = faultWarning(process)
  limitConnections(settings.connections, onFault)
  const { emitWarning } = process
  const warn = guarded(
    (text: string) => emitWarning(text),
    () => onFault('a warning'),
  )
  const observers = observeRequests(settings, { process, warn })
  const reopen = guarded(
    (message: unknown) => {
      if (parseToAgent(message)?.cmd === reopenCommand) observers.reopen()
    },
    () => onFault('the reopening of logs'),
  )
  keepListener(process, 'internalMessage', reopen)
  // Taken now: an application may replace the function.
  const send = process.send?.bind(process)
  new OpenAddresses((addresses) => {
    if (process.connected) send?.({ cmd: listeningCommand, addresses }, () => {})
  }, onFault)
  const profiles = new WorkerProfiles(
    () => ownProgram('profile-thread.cjs', import.meta.dirname),
    (failure) => {
      if (process.connected) send?.(failure, () => {})
    },
  )
  // A hook of the application can remove all listeners.
  keepListener(process, 'internalMessage', (message: unknown) => profiles.receive(message))
  // `onWarmUp()` calls the function in a turn of the application.
  const tellWarming = guarded(
    (isWarming: boolean) => {
      if (process.connected) send?.({ cmd: isWarming ? warmingCommand : warmCommand }, () => {})
    },
    () => onFault('a warm-up'),
  )
  watchWarmUps(tellWarming)
}
