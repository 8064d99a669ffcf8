import { relayLimits } from '../../src/limits/relay.ts'
import { MergeRules } from '../../src/model/merging/merge-rules.ts'
import { encodeReport } from '../../src/relay/report.ts'
import { ReportBuilder } from '../../src/relay/report-builder.ts'
import { Aggregator } from '../../src/state/aggregator.ts'

const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60]

export function newAggregator(keepWorkerId) {
  return new Aggregator({
    workerIdOf: ({ forkNumber }) => `worker_${forkNumber}`,
    rules: new MergeRules({ mergeRules: [], keepWorkerId }),
    reusesIds: false,
    maxSeries: 500_000,
  })
}

/** A worker with histograms of 16 bounds, as its reports show it. */
export class HistogramWorker {
  #reports = new ReportBuilder(relayLimits.seriesPerSource)
  #metric
  #source

  constructor(forkNumber, series) {
    this.forkNumber = forkNumber
    this.#source = { role: 'worker', forkNumber, startSeconds: 1, pid: forkNumber }
    this.#metric = {
      descriptor: {
        ...{ name: 'app.work', kind: 'histogram', unit: 's', description: 'Work.', scope: 'app' },
        bounds,
      },
      points: Array.from({ length: series }, (_, index) => ({
        attributes: { method: 'GET', route: `/resource/${index}`, status: '200' },
        value: { count: 0, sum: 0, counts: new Array(bounds.length + 1).fill(0) },
      })),
    }
  }

  /** Records a duration in this share of the histograms. @returns the text of the next report. */
  report(share) {
    for (const point of this.#metric.points) {
      if (Math.random() < share) point.value = recorded(point.value, 10 * Math.random() ** 4)
    }
    // The same object would be a metric without changes.
    const metric = share === 0 ? this.#metric : { ...this.#metric }
    return encodeReport(this.#reports.next([metric], this.#source, { isSentEmpty: true }))
  }
}

function recorded({ count, sum, counts }, seconds) {
  const found = bounds.findIndex((bound) => seconds <= bound)
  const bucket = found < 0 ? bounds.length : found
  return {
    count: count + 1,
    sum: sum + seconds,
    counts: counts.map((each, index) => (index === bucket ? each + 1 : each)),
  }
}
