import cluster from 'node:cluster'
import { environment } from '../../config/environment.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { type ActivationValues, activationVariables } from '../../master/sockets/activation.ts'
import { ListeningSockets } from '../../master/sockets/listening-sockets.ts'
import { type Inherited, takeInheritance } from '../../master/upgrade/inheritance.ts'

/** The sockets of the master, with the sockets of a predecessor or of the service manager. */
export function openSockets(
  log: GunicornLog,
): Pick<Inherited, 'predecessor'> & { readonly sockets: ListeningSockets } {
  const { socketsText, predecessor } = takeInheritance(take)
  const activation = takeActivation()
  const sockets = new ListeningSockets({ cluster, log, predecessor: socketsText, activation })
  return { sockets, predecessor }
}

function takeActivation(): ActivationValues {
  return Object.fromEntries(activationVariables.map((name) => [name, take(name)]))
}

/** Takes a variable out of the environment: workers must not inherit the sockets. */
function take(variable: string): string | undefined {
  const { [variable]: text } = environment()
  Reflect.deleteProperty(environment(), variable)
  return text
}
