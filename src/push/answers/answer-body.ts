import { isRecord } from '../../support/guards.ts'
import { type HttpAnswer, isHtml } from './http-answer.ts'
import { fieldsOf } from './protobuf-fields.ts'

/** What a receiver left out of a request that it accepted. */
export interface PartialSuccess {
  readonly rejectedPoints: number
  readonly message: string
}

/** Reads `ExportMetricsServiceResponse`. @returns undefined when the receiver took everything. */
export function partialSuccessIn(answer: HttpAnswer): PartialSuccess | undefined {
  const body = answer.body()
  try {
    return isJson(answer) ? fromJson(JSON.parse(body.toString())) : fromProtobuf(body)
  } catch {
    // The status says that the data arrived. Some receivers answer with a text such as `ok`.
    return undefined
  }
}

/** Reads `ExportMetricsPartialSuccess` in JSON. */
export function partialSuccessOf(value: unknown): PartialSuccess | undefined {
  if (!isRecord(value)) return undefined
  const { rejectedDataPoints = 0, errorMessage = '' } = value
  // JSON has 64-bit integers as texts.
  const count = Number(rejectedDataPoints)
  const rejectedPoints = Number.isSafeInteger(count) && count > 0 ? count : 0
  const message = String(errorMessage)
  return rejectedPoints > 0 || message !== '' ? { rejectedPoints, message } : undefined
}

/** The message of a refusal: a `Status` in protobuf or JSON, or a plain text. */
export function messageIn(answer: HttpAnswer): string {
  if (isHtml(answer)) return ''
  const body = answer.body()
  try {
    if (isJson(answer)) return jsonMessage(JSON.parse(body.toString()))
    if (answer.mediaType.includes('protobuf')) return textField(body, 2)
  } catch {
    return ''
  }
  return answer.mediaType.startsWith('text/') ? body.toString() : ''
}

function isJson({ mediaType }: HttpAnswer): boolean {
  return mediaType === 'application/json' || mediaType.endsWith('+json')
}

function jsonMessage(value: unknown): string {
  const message = isRecord(value) ? (value['message'] ?? value['error']) : undefined
  return typeof message === 'string' ? message : ''
}

function fromJson(value: unknown): PartialSuccess | undefined {
  return isRecord(value) ? partialSuccessOf(value['partialSuccess']) : undefined
}

function fromProtobuf(body: Uint8Array): PartialSuccess | undefined {
  for (const { number, value } of fieldsOf(body)) {
    if (number !== 1 || typeof value === 'number') continue
    const counts = fieldsOf(value).filter((field) => field.number === 1)
    const rejectedDataPoints = counts.at(-1)?.value
    return partialSuccessOf({ rejectedDataPoints, errorMessage: textField(value, 2) })
  }
  return undefined
}

function textField(message: Uint8Array, number: number): string {
  const value = fieldsOf(message).findLast((field) => field.number === number)?.value
  return value instanceof Uint8Array ? Buffer.from(value).toString() : ''
}
