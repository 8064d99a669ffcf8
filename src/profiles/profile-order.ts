import type { PrivatePlace } from '../files/private-place.ts'
import { profileLimits } from '../limits/tools/profiles.ts'
import { isEnvelope } from '../support/envelope.ts'
import { isIntegerBetween, isNaturalNumber, isRecord } from '../support/guards.ts'

/*
 * The messages of a master and a worker about profiles. Orders go over the channel of `cluster`, or
 * through a file where the worker reads no messages. The worker answers through files: a blocked
 * main thread could not send a message.
 */

/** The version of an order. A worker of another release can have another version. */
export const orderVersion = 1

/** What a worker has to record. */
export interface ProfileOrder {
  readonly version: typeof orderVersion
  /** Unique in the master. */
  readonly number: number
  /** The worker. */
  readonly pid: number
  readonly kind: 'cpu' | 'heap'
  /** Length of a CPU profile. */
  readonly seconds: number
  readonly place: PrivatePlace
  /** Name of the file, in the place. */
  readonly name: string
}

export const profileCommand = 'NODE_GUNICORN_PROFILE'
export const stopProfileCommand = 'NODE_GUNICORN_PROFILE_STOP'
export const profileFailedCommand = 'NODE_GUNICORN_PROFILE_FAILED'

export type ToProfiledWorker =
  | { readonly cmd: typeof profileCommand; readonly order: ProfileOrder }
  /** The client has gone. */
  | { readonly cmd: typeof stopProfileCommand; readonly number: number }

export interface ProfileFailure {
  readonly cmd: typeof profileFailedCommand
  readonly number: number
  readonly reason: string
}

/** The message of a master; undefined for any other value. */
export function parseToProfiled(message: unknown): ToProfiledWorker | undefined {
  if (isEnvelope(message, profileCommand)) {
    const order = parseOrder(message['order'])
    return order && { cmd: profileCommand, order }
  }
  if (!isEnvelope(message, stopProfileCommand)) return undefined
  const { number } = message
  return isNaturalNumber(number) ? { cmd: stopProfileCommand, number } : undefined
}

/** The message of a worker; undefined for any other value. */
export function parseFailure(message: unknown): ProfileFailure | undefined {
  if (!isEnvelope(message, profileFailedCommand)) return undefined
  const { number, reason } = message
  if (!isNaturalNumber(number) || typeof reason !== 'string') return undefined
  const shown = reason.slice(0, profileLimits.messageBytes)
  return { cmd: profileFailedCommand, number, reason: shown }
}

/** @returns undefined for a value that is no order of this version. */
export function parseOrder(value: unknown): ProfileOrder | undefined {
  if (!isRecord(value) || value['version'] !== orderVersion) return undefined
  const { number, pid, kind, seconds, name } = value
  const place = parsePlace(value['place'])
  if (!isNaturalNumber(number) || !isNaturalNumber(pid) || !place) return undefined
  if (kind !== 'cpu' && kind !== 'heap') return undefined
  if (!isIntegerBetween(seconds, 0, profileLimits.mostSeconds)) return undefined
  if (typeof name !== 'string' || !isProfileName(name)) return undefined
  return { version: orderVersion, number, pid, kind, seconds, place, name }
}

/** @returns undefined for a text that is no order. */
export function parseOrderText(text: string): ProfileOrder | undefined {
  try {
    return parseOrder(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Whether a file of the directory belongs to a profile. A name contains no path. */
export function isProfileName(name: string): boolean {
  return /^worker-[\w-]{1,100}\.(?:cpuprofile|heapsnapshot)$/.test(name)
}

function parsePlace(value: unknown): PrivatePlace | undefined {
  if (!isRecord(value)) return undefined
  const { path, user } = value
  if (typeof path !== 'string' || !path.startsWith('/')) return undefined
  if (user !== null && !isNaturalNumber(user)) return undefined
  return { path, user, isOpen: false }
}
