import { topLimits } from '../../../limits/tools/top.ts'
import { printableLine } from '../../../model/text/printable.ts'
import type { Answer } from './connection.ts'
import type { Target } from './target.ts'
import { TopFailure } from './top-failure.ts'

export interface FailureContext {
  readonly target: Pick<Target, 'shown'>
  /** Whether the request had a user or a token. */
  readonly hasCredentials: boolean
}

/** Why an answer has no figures: what was got, and what to do. */
export function answerFailure(answer: Answer, context: FailureContext): TopFailure {
  const { shown } = context.target
  const { status } = answer
  if (status === 401) return new TopFailure(`${shown} ${credentialsText(context)}`)
  if (status >= 300 && status < 400) return new TopFailure(`${shown} ${redirectText(answer)}`)
  if (status === 200) return new TopFailure(`${shown} ${otherPageText(answer)}`)
  if (status === 404) return new TopFailure(`${shown} ${nothingThere}`)
  // The exporter says in its answer why, and what to do.
  const verb = status === 403 ? 'refuses this client (403)' : `answered with status ${status}`
  return new TopFailure(`${shown} ${verb}: ${firstLine(answer)}`)
}

const nothingThere =
  'has neither /live nor /metrics (404). Give the URL of the exporter; its default port is 9091.'

function credentialsText({ hasCredentials }: FailureContext): string {
  return hasCredentials
    ? 'refuses the given credentials (401). Check the user and the password, or the token.'
    : 'asks for credentials (401). Give --user and --password-file, or --token-file.'
}

function redirectText({ status, location }: Answer): string {
  const place = location === undefined ? 'another place' : printableLine(location)
  return (
    `redirects to ${place} (${status}). top follows no redirect, because the credentials are for ` +
    'one address. Give the other URL.'
  )
}

function otherPageText({ type }: Answer): string {
  const shownType = type === '' ? 'an unknown type' : printableLine(type)
  return (
    `answers, but not as an exporter of gunicorn metrics: the page has the type ${shownType}. ` +
    'Give the URL of the exporter; its default port is 9091.'
  )
}

function firstLine({ body }: Answer): string {
  const [line = ''] = body.trim().slice(0, topLimits.shownChars).split('\n')
  return line === '' ? 'no text.' : printableLine(line)
}
