/*
 * Parts of queries. Every query selects by the variables `job` and `instance`, and queries about
 * workers by `worker` too. Rates use `$__rate_interval`, which is never shorter than four scrapes.
 */

const target = 'job=~"$job", instance=~"$instance"'
export const workerMatcher = 'worker_id=~"$worker"'
export const routeMatcher = 'http_route=~"$route"'

/** Selects the series of a metric. */
export function series(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${[target, ...matchers].join(', ')}}`
}

export function rate(metric: string, ...matchers: readonly string[]): string {
  return `rate(${series(metric, ...matchers)}[$__rate_interval])`
}

export function increase(metric: string, ...matchers: readonly string[]): string {
  return `increase(${series(metric, ...matchers)}[$__rate_interval])`
}

/** @param labels separated by commas; empty for one series. */
export function sum(labels: string, expression: string): string {
  return grouped('sum', labels, expression)
}

export function max(labels: string, expression: string): string {
  return grouped('max', labels, expression)
}

function grouped(operator: string, labels: string, expression: string): string {
  return labels === '' ? `${operator}(${expression})` : `${operator} by (${labels}) (${expression})`
}

/** The series with the highest values: as many as the variable `top` says. */
export function top(expression: string): string {
  return `topk($top, ${expression})`
}

export interface Histogram {
  readonly metric: string
  readonly labels?: string
  readonly matchers?: readonly string[]
}

/**
 * A quantile of histograms with classic buckets, or else of native histograms. PromQL adds no
 * classic buckets to native histograms, so all series of a group must be of the same kind.
 */
export function quantile(share: number, { metric, labels = '', matchers = [] }: Histogram): string {
  const withLe = labels === '' ? 'le' : `le, ${labels}`
  const classic = sum(withLe, rate(`${metric}_bucket`, ...matchers))
  const native = sum(labels, rate(metric, ...matchers))
  return `histogram_quantile(${share}, ${classic}) or histogram_quantile(${share}, ${native})`
}

/** The mean value of histograms of both kinds. */
export function mean({ metric, labels = '', matchers = [] }: Histogram): string {
  const total = parts('sum', { metric, labels, matchers })
  const count = counted({ metric, labels, matchers })
  return `${total} / (${count} > 0)`
}

/** How many values per second a histogram gets. */
export function counted(histogram: Histogram): string {
  return parts('count', histogram)
}

/** The sum of the values per second that a histogram gets. */
export function summed(histogram: Histogram): string {
  return parts('sum', histogram)
}

/** Adds up series of both kinds. A histogram that Prometheus stores in both kinds counts once. */
function parts(part: 'count' | 'sum', { metric, labels = '', matchers = [] }: Histogram): string {
  const classic = rate(`${metric}_${part}`, ...matchers)
  const native = `histogram_${part}(${rate(metric, ...matchers)})`
  return sum(labels, `${classic} or ${native}`)
}

/** A share of a total, with 0 where the total has no part of this kind. */
export function share(part: string, total: string): string {
  return `(${part} or 0 * ${total}) / (${total} > 0)`
}

/**
 * How often a counter rose, also where the series began with the event. `increase` does not see
 * the first event of such a series. After a restart of a process, its counter begins anew, and must
 * not take away the events of others.
 */
export function events(labels: string, metric: string, ...matchers: readonly string[]): string {
  const counter = series(metric, ...matchers)
  const before = `(${counter} offset $__rate_interval or 0 * ${counter})`
  return sum(labels, `clamp_min(${counter} - ${before}, 0)`)
}
