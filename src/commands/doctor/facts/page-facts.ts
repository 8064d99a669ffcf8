import { isRecord } from '../../../support/guards.ts'
import { ask, type Question, type Reply } from './question.ts'

/** The program that answers. */
type PageKind =
  /** This package. `status` is the document of `/status`; undefined where it cannot be read. */
  | {
      readonly kind: 'exporter'
      readonly version: string | undefined
      readonly status: Readonly<Record<string, unknown>> | undefined
    }
  | { readonly kind: 'python' }
  | { readonly kind: 'other' }

/** What an endpoint answers. */
export interface PageFacts {
  /** `/metrics` with the credentials of the settings. */
  readonly page: Reply
  /** `/metrics` without credentials. */
  readonly open: Reply
  readonly kind: PageKind
}

/** Metrics that the checks need. Selection keeps the answer small. */
const names = ['target_info', 'gunicorn_worker_heap_limit_bytes', 'gunicorn_exporter_info']
const path = `/metrics?${names.map((name) => `name[]=${name}`).join('&')}`

/** Asks an endpoint. Never rejects. */
export async function askPage(question: Omit<Question, 'path'>): Promise<PageFacts> {
  const { authorization } = question
  const [page, open, status] = await Promise.all([
    ask({ ...question, path }),
    authorization === undefined ? undefined : ask({ ...question, path, authorization: undefined }),
    ask({ ...question, path: '/status' }),
  ])
  return { page, open: open ?? page, kind: kindOf(page, status) }
}

/** The facts of an endpoint that is not asked. @param text the reason, without a full stop. */
export function unaskedPage(text: string): PageFacts {
  const page: Reply = { kind: 'failure', code: '', text }
  return { page, open: page, kind: { kind: 'other' } }
}

function kindOf(page: Reply, status: Reply): PageKind {
  const document = documentOf(status)
  if (document && ('workers' in document || 'origins' in document)) {
    const { version } = document
    return {
      kind: 'exporter',
      version: typeof version === 'string' ? version : undefined,
      status: document,
    }
  }
  if (isGuarded(page) || hasMetric(page, 'gunicorn_exporter_')) {
    return { kind: 'exporter', version: undefined, status: undefined }
  }
  return hasMetric(page, 'gunicorn_') ? { kind: 'python' } : { kind: 'other' }
}

/** Our endpoint names the realm `metrics`. A refused client certificate has a text of ours. */
function isGuarded(reply: Reply): boolean {
  if (reply.kind === 'failure') return false
  const { status, headers, body } = reply
  if (status === 401) return /realm="metrics"/.test(headers['www-authenticate'] ?? '')
  return /^The (?:endpoint requires|exporter cannot)/.test(body)
}

function hasMetric(reply: Reply, start: string): boolean {
  return reply.kind === 'answer' && reply.status === 200 && reply.body.includes(start)
}

function documentOf(reply: Reply): Readonly<Record<string, unknown>> | undefined {
  if (reply.kind === 'failure' || reply.status !== 200) return undefined
  try {
    const value: unknown = JSON.parse(reply.body)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
