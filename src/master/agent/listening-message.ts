import { masterLimits } from '../../limits/master.ts'
import { isEnvelope } from '../../support/envelope.ts'

/** The message with the addresses of a worker, each as the application gave the address. */
export const listeningCommand = 'NODE_GUNICORN_LISTENING'

/** @returns the addresses of a message; undefined for any other value. */
export function parseListening(message: unknown): readonly string[] | undefined {
  if (!isEnvelope(message, listeningCommand)) return undefined
  const { addresses } = message
  if (!Array.isArray(addresses)) return undefined
  const texts = addresses.filter((address): address is string => typeof address === 'string')
  return texts.slice(0, masterLimits.addresses)
}
