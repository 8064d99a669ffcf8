import { statSync } from 'node:fs'
import { secretFiles } from '../../../config/resolve/file-rules.ts'
import { nameOf } from '../../../config/setting-names.ts'
import type { Settings } from '../../../config/settings.ts'
import { failureOf } from '../../../files/failure-of.ts'
import { readSmall } from '../../../files/small-file.ts'
import { type Finding, finding, fine, skipped, unknown } from '../catalog/finding.ts'
import type { PageFacts } from '../facts/page-facts.ts'
import { shownPlace } from '../facts/place.ts'
import type { Target } from '../facts/target.ts'

/** Looks at the files with secrets, and at what the endpoint says to them. */
export async function authenticationFindings(target: Target): Promise<Finding[]> {
  const { endpoint, place, settings } = target
  const lookedAt = `credentials at ${shownPlace(place)}`
  const { basic, bearer } = endpoint.access
  const files = fileFindings(settings)
  const facts = await target.page
  const hasSecret = basic !== undefined || bearer !== undefined
  if (hasSecret && !place.isLocal) return [...files, unsent(lookedAt)]
  const answers = judgeAnswers(facts, { hasSecret, lookedAt })
  return [...files, ...(files.some(({ level }) => level === 'problem') ? [] : answers)]
}

function unsent(lookedAt: string): Finding {
  const found = 'doctor sends credentials to this host alone.'
  return unknown('authentication', lookedAt, {
    found,
    remedy: 'Run doctor on the host of the page.',
  })
}

/** Judges the answers with and without credentials. */
export function judgeAnswers(
  { page, open, kind }: PageFacts,
  { hasSecret, lookedAt }: { readonly hasSecret: boolean; readonly lookedAt: string },
): Finding[] {
  if (page.kind === 'failure' || kind.kind !== 'exporter') {
    return [skipped('authentication', lookedAt, 'No exporter answers.')]
  }
  if (page.status === 401) return [refused(hasSecret, lookedAt)]
  if (page.status === 403) {
    const found = 'The endpoint answers 403: a client certificate is missing.'
    return [finding('client-certificate-needed', { lookedAt, found })]
  }
  if (hasSecret && open.kind === 'answer' && open.status === 200) {
    const found = 'The endpoint answers without credentials, too.'
    return [finding('credentials-unused', { lookedAt, found })]
  }
  const found = hasSecret ? 'The endpoint takes the credentials.' : 'The endpoint asks for none.'
  return [fine('authentication', lookedAt, found)]
}

function refused(hasSecret: boolean, lookedAt: string): Finding {
  const found = hasSecret
    ? 'The endpoint answers 401 to the credentials of the settings.'
    : 'The endpoint answers 401, and the settings have no credentials.'
  return finding(hasSecret ? 'credentials-refused' : 'credentials-missing', { lookedAt, found })
}

function fileFindings(settings: Settings): Finding[] {
  return secretFiles.flatMap((name): Finding[] => {
    const path = settings[name]
    if (path === undefined) return []
    const lookedAt = `the file ${path}`
    const setting = nameOf(settings, name)
    const reason = failureOf(() => readNonEmpty(path))
    if (reason !== undefined) {
      return [finding('secret-unreadable', { lookedAt, found: `${reason}.`, words: { setting } })]
    }
    return isExposed(path) ? [exposed('secret-exposed', path)] : []
  })
}

function readNonEmpty(path: string): void {
  if (readSmall(path).trim() === '') throw new Error(`${path} is empty`)
}

const readableByAll = 0o004

/** Whether each user of this host can read the file. Windows has no such modes. */
export function isExposed(path: string): boolean {
  if (process.getuid === undefined) return false
  const status = statSync(path, { throwIfNoEntry: false })
  return status !== undefined && (status.mode & readableByAll) !== 0
}

export function exposed(id: 'secret-exposed' | 'key-exposed', path: string): Finding {
  const found = 'The mode of the file lets every user of this host read the file.'
  return finding(id, { lookedAt: `the file ${path}`, found, words: { path } })
}
