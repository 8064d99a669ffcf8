import { masterLimits } from '../../limits/master.ts'

/** What a drain finds on a connection. */
export type Activity =
  /** No request is under way. */
  | 'idle'
  /** A request, or a part of a request, is under way. */
  | 'busy'
  /** An event stream, an upgraded connection, or a long response without a length. */
  | 'endless'

/** The head of a response, as far as the head tells about the end of the response. */
export interface Head {
  readonly contentType: string | undefined
  readonly hasLength: boolean
}

/** @param ageMs time since the drain first saw the head. */
export function isEndless({ contentType, hasLength }: Head, ageMs: number): boolean {
  if (contentType?.toLowerCase().startsWith('text/event-stream')) return true
  return !hasLength && ageMs >= masterLimits.endlessMs
}
