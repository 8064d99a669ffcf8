import { clockText } from '../../model/text/clock.ts'

/** State of the page's connection to the endpoint. Times are Unix milliseconds of the browser. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live'; readonly answeredAt: number }
  | Silence
  /** The tab is hidden. */
  | { readonly state: 'paused' }
  /** The endpoint asks for credentials that the browser does not have. */
  | { readonly state: 'refused' }
  /** The exporter has another version of the document than this page. */
  | { readonly state: 'outdated' }

interface Silence {
  readonly state: 'silent'
  readonly since: number
  /** Null before the first answer. */
  readonly answeredAt: number | null
  /** Requests without an answer, in a row. */
  readonly failures: number
  readonly nextAt: number
  /** What went wrong last, for a person. */
  readonly reason: string
}

export interface ConnectionText {
  /** One or two words. */
  readonly short: string
  /** A sentence; undefined where nothing is wrong. */
  readonly long: string | undefined
  /** What the button beside the sentence does. */
  readonly action: 'reload' | 'retry' | undefined
}

/** @param now Unix milliseconds of the browser. */
export function connectionText(connection: Connection, now: number): ConnectionText {
  switch (connection.state) {
    case 'connecting':
      return { short: 'Connecting', long: undefined, action: undefined }
    case 'live':
      return { short: 'Live', long: undefined, action: undefined }
    case 'paused':
      return { short: 'Paused', long: undefined, action: undefined }
    case 'silent':
      return { short: 'No answer', long: silenceText(connection, now), action: 'retry' }
    case 'refused':
      return {
        short: 'Signed out',
        long: 'The endpoint asks for credentials. Reload the page to sign in.',
        action: 'reload',
      }
    case 'outdated':
      return {
        short: 'Outdated',
        long: 'The exporter has another version than this page. Reload the page.',
        action: 'reload',
      }
  }
}

function silenceText({ since, answeredAt, nextAt, reason }: Silence, now: number): string {
  const silence = `No answer for ${seconds(now - since)} (${reason}).`
  const last = answeredAt === null ? '' : ` The figures are of ${clockText(answeredAt)}.`
  const next = nextAt > now ? ` The next attempt is in ${seconds(nextAt - now)}.` : ' Trying now.'
  return `${silence}${last}${next}`
}

function seconds(milliseconds: number): string {
  return `${Math.max(Math.ceil(milliseconds / 1_000), 1)} s`
}
