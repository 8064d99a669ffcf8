import { lookup } from 'node:dns/promises'
import { version } from '../../../model/version.ts'
import { type Finding, finding, fine, skipped } from '../catalog/finding.ts'
import { boundHost } from '../facts/chosen-port.ts'
import type { PageFacts } from '../facts/page-facts.ts'
import { type Place, shownPlace } from '../facts/place.ts'
import { ask } from '../facts/question.ts'
import type { Target } from '../facts/target.ts'

/** Looks at the page, and at the clients that reach the page. */
export async function pageFindings(target: Target): Promise<Finding[]> {
  const { place, endpoint, settings, isServed, options, holder } = target
  const lookedAt = `the page at ${shownPlace(place)}`
  if (!(isServed || options.url))
    return [skipped('page', lookedAt, 'The settings open no endpoint.')]
  const facts = await target.page
  const findings = judgePage(facts, {
    lookedAt,
    address: shownPlace(place),
    isExpected: options.url !== undefined || holder !== undefined,
    isGiven: options.url !== undefined,
  })
  if (facts.kind.kind !== 'exporter' || options.url) return findings
  const answered = facts.open.kind === 'answer' && facts.open.status === 200
  return [
    ...findings,
    ...reachFindings(boundHost(endpoint.address) ?? settings.bindAddress, {
      lookedAt,
      isOpen: answered,
    }),
    ...(await localhostFindings(place, lookedAt)),
  ]
}

export interface PageJudgement {
  readonly lookedAt: string
  readonly address: string
  /** Whether something must answer. */
  readonly isExpected: boolean
  /** Whether `--url` gives the address: then the check of the port says nothing. */
  readonly isGiven: boolean
}

/** Judges the answer for the page. */
export function judgePage(facts: PageFacts, judgement: PageJudgement): Finding[] {
  const { page, kind } = facts
  const { lookedAt, address, isExpected, isGiven } = judgement
  if (page.kind === 'failure') {
    const found = `No answer: ${page.text}.`
    if (!isExpected) return [skipped('page', lookedAt, `${found} See the check port.`)]
    return [finding('page-unreachable', { lookedAt, found, words: { address } })]
  }
  if (kind.kind === 'other' && !isGiven) {
    return [skipped('page', lookedAt, 'Another program answers. See the check port.')]
  }
  if (kind.kind === 'other') {
    const found = `The answer is ${page.status}, and no page of an exporter.`
    return [finding('page-foreign', { lookedAt, found })]
  }
  if (kind.kind === 'python') {
    return [finding('page-of-python', { lookedAt, found: 'The exporter for Python answers.' })]
  }
  if (page.status >= 500) {
    const found = `${page.status}: ${page.body.slice(0, 200).trim()}`
    return [finding('page-fails', { lookedAt, found })]
  }
  return [versionFinding(kind.version, page.status, lookedAt)]
}

function versionFinding(shown: string | undefined, status: number, lookedAt: string): Finding {
  if (shown !== undefined && shown !== version) {
    const found = `The page is of version ${shown}, and this is version ${version}.`
    return finding('page-other-version', { lookedAt, found })
  }
  return fine('page', lookedAt, `An exporter answers with ${status}.`)
}

/** Judges the clients that reach the page. @param isOpen whether no credentials are needed. */
export function reachFindings(
  bindAddress: string,
  { lookedAt, isOpen }: { readonly lookedAt: string; readonly isOpen: boolean },
): Finding[] {
  const isLoopback = /^(?:127\.|::1$|localhost$|unix:)/.test(bindAddress)
  if (isLoopback) {
    const found = `The endpoint listens on ${bindAddress}.`
    return [finding('page-loopback', { lookedAt, found })]
  }
  if (!isOpen) return []
  const found = `The endpoint listens on ${bindAddress} and asks for no credentials.`
  return [finding('page-open', { lookedAt, found })]
}

/** Compares the addresses of `localhost`: of both versions of IP, the endpoint may have one. */
async function localhostFindings(place: Place, lookedAt: string): Promise<Finding[]> {
  if (place.host === undefined) return []
  const found = await lookup('localhost', { all: true }).catch(() => [])
  const replies = await Promise.all(
    found.map(async ({ address }) => {
      const reply = await ask({ place: { ...place, host: address }, path: '/healthz' })
      return { address, isThere: reply.kind === 'answer' }
    }),
  )
  const silent = replies.filter(({ isThere }) => !isThere).map(({ address }) => address)
  if (silent.length === 0 || silent.length === replies.length) return []
  const text = `localhost is also ${silent.join(', ')}, where nothing answers.`
  return [finding('localhost-differs', { lookedAt, found: text, words: { address: place.host } })]
}
