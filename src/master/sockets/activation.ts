import { fstatSync } from 'node:fs'
import { socketLimits } from '../../limits/master.ts'
import { messageOf } from '../../support/error-message.ts'
import { isIntegerBetween } from '../../support/guards.ts'
import { firstDescriptor } from './inherited-sockets.ts'

/*
 * Socket activation of systemd, sd_listen_fds(3): the service manager opens the sockets, and the
 * first descriptor is 3.
 */

export const activationVariables = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'] as const

export type ActivationValues = Readonly<
  Partial<Record<(typeof activationVariables)[number], string | undefined>>
>

/** A descriptor of the service manager. */
export interface GivenDescriptor {
  readonly descriptor: number
  /** From LISTEN_FDNAMES, for log lines. */
  readonly name: string | undefined
}

export interface Activation {
  readonly descriptors: readonly GivenDescriptor[]
  /** Lines for the log. */
  readonly faults: readonly string[]
}

/** @param pid the pid of this process. */
export function parseActivation(values: ActivationValues, pid: number): Activation {
  const { LISTEN_FDS: count, LISTEN_PID: owner, LISTEN_FDNAMES: names } = values
  if (count === undefined) return { descriptors: [], faults: [] }
  const fault = countFault(count) ?? ownerFault(owner, pid)
  if (fault !== undefined) return { descriptors: [], faults: [fault] }
  const listed = names?.split(':') ?? []
  const given = Array.from({ length: Number(count) }, (_, index) => ({
    descriptor: firstDescriptor + index,
    name: listed[index] || undefined,
  }))
  const faults = given.map(({ descriptor }) => descriptorFault(descriptor))
  return {
    descriptors: given.filter((_, index) => faults[index] === undefined),
    faults: faults.filter((each) => each !== undefined),
  }
}

function countFault(count: string): string | undefined {
  const most = socketLimits.activated
  if (/^\d+$/.test(count) && isIntegerBetween(Number(count), 0, most)) return undefined
  return `LISTEN_FDS is ${JSON.stringify(count)}; allowed is a number from 0 to ${most}.`
}

/** A process that starts this process can forget to remove the variables. */
function ownerFault(owner: string | undefined, pid: number): string | undefined {
  if (owner === undefined || owner === String(pid)) return undefined
  const text = `LISTEN_PID is ${JSON.stringify(owner)}, and the pid of this process is ${pid}`
  return `${text}: the sockets of LISTEN_FDS are not used. Start node without a wrapper.`
}

function descriptorFault(descriptor: number): string | undefined {
  try {
    if (fstatSync(descriptor).isSocket()) return undefined
    return `Descriptor ${descriptor} of LISTEN_FDS is not a socket.`
  } catch (error) {
    return `Descriptor ${descriptor} of LISTEN_FDS cannot be used: ${messageOf(error)}.`
  }
}
