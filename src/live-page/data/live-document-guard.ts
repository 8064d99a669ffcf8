import { type LiveDocument, liveVersion } from '../../model/live/live-document.ts'

/** What an answer holds. */
export type Answer =
  | { readonly kind: 'document'; readonly document: LiveDocument }
  | { readonly kind: 'other version' }
  | { readonly kind: 'unreadable' }

/** Checks the version, and that each part of the document exists. */
export function parsedAnswer(text: string): Answer {
  const value = parsedJson(text)
  if (!isRecord(value) || typeof value['version'] !== 'number') return { kind: 'unreadable' }
  if (value['version'] !== liveVersion) return { kind: 'other version' }
  return isDocument(value) ? { kind: 'document', document: value } : { kind: 'unreadable' }
}

type Part = Readonly<Record<string, unknown>>

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isDocument(value: Part): value is Part & LiveDocument {
  const lists = [value['workers'], value['routes'], value['deaths'], value['instances']]
  const records = [value['headline'], value['exporter'], value['history']]
  return lists.every(Array.isArray) && records.every(isRecord) && isHistory(value['history'])
}

function isHistory(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { times, rates, p50, p95, p99, workers, last } = value as Partial<LiveDocument['history']>
  return (
    [times, p50, p95, p99].every(Array.isArray) &&
    [rates, workers].every(isRecord) &&
    typeof last === 'number'
  )
}

function isRecord(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
