import { pushLimits } from '../limits/push.ts'
import { redacted } from '../log/redact.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { failureChanges } from '../support/failure-changes.ts'
import type { PushReport } from './pusher.ts'
import type { ShownRefusal } from './refused-metrics.ts'

/** Tells the operator when something about pushes changes. */
export function pushNotices(tell: (text: CodedText) => void): (report: PushReport) => void {
  const pushes = failureChanges({
    onFailing: (error) =>
      tell(coded('GPE_PUSH_FAILED', `metrics cannot be pushed, trying again: ${error}`)),
    onRecovered: () => tell(coded('GPE_RECOVERED', 'metrics are pushed again')),
  })
  const rejections = failureChanges({
    onFailing: (text) =>
      tell(coded('GPE_PUSH_REFUSED', `the receiver of pushes rejects data points: ${text}`)),
    onRecovered: () =>
      tell(coded('GPE_RECOVERED', 'the receiver of pushes accepts all data points again')),
  })
  const sizes = failureChanges({
    onFailing: (text) =>
      tell(
        coded('GPE_PUSH_SIZE', `the receiver refuses large requests, which get smaller: ${text}`),
      ),
  })
  const refusals = refusalNotices(tell)
  return (report) => {
    const { error, requestPoints } = report
    pushes(error)
    refusals(report)
    if (error === undefined) rejections(rejectionText(report))
    const isSmaller = requestPoints < pushLimits.pushPoints
    sizes(isSmaller ? `at most ${requestPoints} data points each` : undefined)
  }
}

function rejectionText({ partialSuccess }: PushReport): string | undefined {
  if (!partialSuccess) return undefined
  const { rejectedPoints, message } = partialSuccess
  return redacted(`${rejectedPoints} of a push: ${message === '' ? 'no reason given' : message}`)
}

/** Names each refused metric once, until the receiver accepts everything. */
function refusalNotices(tell: (text: CodedText) => void): (report: PushReport) => void {
  let told: ReadonlySet<string> = new Set()
  return ({ error, refusedMetrics, refusedPoints }) => {
    const added = refusedMetrics.filter(({ name }) => !told.has(name))
    const [first] = added
    if (first) {
      const shown = namesOf(added)
      const text = `the receiver refuses metrics, and gets the others: ${shown}: ${first.reason}`
      tell(coded('GPE_PUSH_REFUSED', text))
      const names = [...told, ...added.map((each) => each.name)]
      told = new Set(names.slice(-pushLimits.refusedMetrics))
    }
    // A metric that a push still searches for is not in the list.
    const isAccepted = error === undefined && refusedPoints.size === 0
    if (!isAccepted || refusedMetrics.length > 0 || told.size === 0) return
    told = new Set()
    tell(coded('GPE_RECOVERED', 'the receiver accepts all metrics again'))
  }
}

function namesOf(metrics: readonly ShownRefusal[]): string {
  const names = [...new Set(metrics.map(({ name }) => name))]
  const shown = names.slice(0, pushLimits.namedMetrics).map((name) => redacted(name))
  const more = names.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
