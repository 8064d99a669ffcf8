import { lstatSync } from 'node:fs'
import { pathFault } from '../../master/control/socket-place.ts'
import { errorCodeOf } from '../../support/error-code.ts'
import { messageOf } from '../../support/error-message.ts'
import { userNameOf } from '../../support/process/accounts.ts'

/** Why there is no connection, and what to do. */
export function connectionFailure(path: string, error: unknown): string {
  const fault = pathFault(path)
  if (fault !== undefined) return `${path}: ${fault}.`
  const code = errorCodeOf(error)
  if (code === 'ENOENT') return `${path} does not exist. ${isRunRunning}`
  if (code === 'ECONNREFUSED') return `No process listens at ${path}. ${isRunRunning}`
  if (code === 'EACCES' || code === 'EPERM') return `${path}: permission denied. ${ownerText(path)}`
  if (code === 'ENOTSOCK') return `${path} is not a socket.`
  return `${path}: ${messageOf(error)}`
}

const isRunRunning =
  'Is run running, as this user and without --no-control-socket? ' +
  'The line “Control socket” in its log has the path: give the path with --socket.'

function ownerText(path: string): string {
  try {
    const { uid, mode } = lstatSync(path)
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    const user = `the user ${userNameOf(uid) ?? uid}`
    return `The socket of ${user} has mode ${shown}: become this user, or root.`
  } catch {
    return 'Another user owns the directory: become this user, or root.'
  }
}
