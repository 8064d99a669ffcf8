import { setTimeout as sleep } from 'node:timers/promises'
import { workerEnded, workerHangs, workerStarted } from './story.mjs'
import { summarize } from './workers.mjs'

const intervalMs = 1_000
const hangingAfterSeconds = 3

/** Prints a line for every worker that ends, starts or hangs, until the signal. */
export async function followWorkers({ page, signal, tell }) {
  let known = new Map()
  let isFirst = true
  for (;;) {
    const { workers, total } = summarize(await page())
    const now = new Map(workers.map((worker) => [worker.id, situation(worker)]))
    for (const worker of isFirst ? [] : workers) {
      if (now.get(worker.id) !== known.get(worker.id)) tell(news(worker, total))
    }
    known = now
    isFirst = false
    await sleep(intervalMs, undefined, { signal })
  }
}

function situation({ state, reportAge, endedBy }) {
  if (endedBy !== undefined) return 'ended'
  // A worker that starts or retires reports, and does not hang.
  const isSilent = /^(?:hanging|stopped)$/.test(state) || reportAge > hangingAfterSeconds
  return isSilent ? 'hanging' : 'running'
}

function news(worker, total) {
  const now = situation(worker)
  if (now === 'ended') return workerEnded(worker, total)
  return now === 'hanging' ? workerHangs(worker) : workerStarted(worker)
}
