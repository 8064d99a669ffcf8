import { redacted } from '../../log/redact.ts'
import { isRecord } from '../../support/guards.ts'
import { connectionFailure } from './connection-failure.ts'
import { type Concern, type Outcome, unavailable } from './outcome.ts'

/** Names of the gRPC codes, by number. */
const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

type Code = (typeof names)[number]

/** Codes after which the specification of OTLP allows the same request again. */
const retryable: ReadonlySet<Code> = new Set([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNAVAILABLE',
  'DATA_LOSS',
])

const concerns: Partial<Record<Code, Concern>> = {
  INVALID_ARGUMENT: 'content',
  UNIMPLEMENTED: 'receiver',
  UNAUTHENTICATED: 'receiver',
}

/** @returns undefined for an error that has no code of gRPC. */
export function grpcOutcome(error: Error, secrets: readonly string[]): Outcome | undefined {
  const status = 'code' in error && typeof error.code === 'number' ? names[error.code] : undefined
  if (status === undefined) return undefined
  if (retryable.has(status) || isThrottled(status, error)) {
    return unavailable(connectionFailure(error.message, secrets))
  }
  const reason = redacted(error.message, secrets)
  return { kind: 'refused', concerns: concernOf(status, reason), status, reason }
}

function concernOf(status: Code, reason: string): Concern {
  // gRPC has one code for a message above the limit of the receiver and for a used quota.
  const isSize = status === 'RESOURCE_EXHAUSTED' && /larger than max|too large|size/i.test(reason)
  return isSize ? 'size' : (concerns[status] ?? 'request')
}

/** With the detail `RetryInfo`, the receiver asks for the same request later. */
function isThrottled(status: Code, error: Error): boolean {
  if (status !== 'RESOURCE_EXHAUSTED' || !('metadata' in error)) return false
  const { metadata } = error
  const get = isRecord(metadata) ? metadata['get'] : undefined
  if (typeof get !== 'function') return false
  const details: unknown = get.call(metadata, 'grpc-status-details-bin')
  return Array.isArray(details) && details.some((each) => String(each).includes('RetryInfo'))
}
