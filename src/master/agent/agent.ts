import cluster from 'node:cluster'
import { ownProgram } from '../../files/own-program.ts'
import { WorkerProfiles } from '../../profiles/worker-profiles.ts'
import { guarded } from '../../support/guarded.ts'
import { isMainThread } from '../../support/process/main-thread.ts'
import { limitConnections } from '../requests/connection-limit.ts'
import { observeRequests } from '../requests/request-observers.ts'
import { warmCommand, warmingCommand } from '../warm-up/message.ts'
import { watchWarmUps } from '../warm-up/warm-ups.ts'
import { faultWarning } from './fault-warning.ts'
import { listeningCommand } from './listening-message.ts'
import { agentVariable, parseAgentSettings } from './message.ts'
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
if (isMainThread() && cluster.isWorker && settings) {
  // Messages arrive in later turns: the parts below exist then.
  new WorkerAgent(settings, process).start({
    onReopen: () => observers.reopen(),
    onOther: (message) => profiles.receive(message),
  })
  const onFault = faultWarning(process)
  // Taken now: an application may replace these functions.
  const { emitWarning } = process
  const send = process.send?.bind(process)
  const tellMaster = (message: object): void => {
    if (process.connected) send?.(message, () => {})
  }
  const warn = guarded(
    (text: string) => emitWarning(text),
    () => onFault('a warning'),
  )
  limitConnections(settings.connections, onFault)
  const observers = observeRequests(settings, { process, warn })
  new OpenAddresses((addresses) => tellMaster({ cmd: listeningCommand, addresses }), onFault)
  const profiles = new WorkerProfiles(
    () => ownProgram('profile-thread.cjs', import.meta.dirname),
    tellMaster,
  )
  // `onWarmUp()` calls the function in a turn of the application.
  const tellWarming = guarded(
    (isWarming: boolean) => tellMaster({ cmd: isWarming ? warmingCommand : warmCommand }),
    () => onFault('a warm-up'),
  )
  watchWarmUps(tellWarming)
}
