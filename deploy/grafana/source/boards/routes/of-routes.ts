import type { Frame } from '../../panel.ts'
import { counted, routeMatcher } from '../../promql.ts'

export const durations = 'http_server_request_duration_seconds'

export const page = 'docs/routes.md'

export const third: Frame = { width: 8, height: 8, page, python: 'none' }

export const half: Frame = { width: 12, height: 9, page, python: 'none' }

/** The requests per second of the chosen routes. */
export function requests(labels: string, ...matchers: readonly string[]): string {
  return counted({ metric: durations, labels, matchers: [routeMatcher, ...matchers] })
}

export const status = (first: string): string => `http_response_status_code=~"${first}.."`
