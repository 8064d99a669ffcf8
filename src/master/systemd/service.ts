import { coded } from '../../model/errors/coded-text.ts'
import { findNotifyProgram, notifyBy } from './notify-program.ts'
import { readNotifySettings } from './notify-variables.ts'
import { SystemdService, type SystemdServiceOptions } from './systemd-service.ts'

export type ServiceOptions = Omit<SystemdServiceOptions, 'send' | 'watchdogMs'>

/** The service manager of a master, which hears of the master's states. */
export type Service = Pick<SystemdService, keyof SystemdService>

/** A master that no service manager wants to hear. */
const noService: Service = {
  serves: () => undefined,
  reload: (act) => void act(),
  reloadFailed: () => undefined,
  setSuccessor: () => undefined,
  ends: () => undefined,
  finish: (done) => done(),
}

/** Connects a master with systemd, or with nothing where NOTIFY_SOCKET is not set. */
export function serviceOf(options: ServiceOptions): Service {
  const settings = readNotifySettings()
  if (!settings) return noService
  const program = findNotifyProgram()
  if (program !== undefined) {
    const { socket, watchdogMs } = settings
    return new SystemdService({ ...options, send: notifyBy(program, socket), watchdogMs })
  }
  // The exporter, which counts the fault, starts in this turn of the event loop.
  setImmediate(() => options.countFault('systemd'))
  const text = 'Cannot notify systemd: the program systemd-notify is missing (package systemd)'
  options.log.write('warning', coded('GPE_SYSTEMD', text))
  return noService
}
