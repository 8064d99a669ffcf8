// Shows the package at work: a cluster of two workers without metrics code, a burst of requests,
// and the metrics of these requests. Ports: PORT and PROMETHEUS_METRICS_PORT.
//
//   npm run demo              stays up until Ctrl-C
//   npm run demo -- --once    ends by itself
import { startApplication } from './demo/application.mjs'
import { openBrowser } from './demo/browser.mjs'
import { DemoError } from './demo/demo-error.mjs'
import { eventually } from './demo/eventually.mjs'
import { fetchLivePage, fetchPage } from './demo/page.mjs'
import { playScenes, sendSteadily } from './demo/scenes.mjs'
import { resolveSettings } from './demo/settings.mjs'
import * as story from './demo/story.mjs'
import { sendBurst } from './demo/traffic.mjs'
import { followWorkers } from './demo/watch.mjs'
import { isServing, summarize } from './demo/workers.mjs'

const interruption = new AbortController()
const { signal } = interruption
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interruption.abort())
// A closed stdout ends the demo like Ctrl-C: `npm run demo | head`.
process.stdout.on('error', () => interruption.abort())

try {
  await run(await resolveSettings(process.argv.slice(2)))
} catch (error) {
  if (error instanceof DemoError) {
    process.stderr.write(story.failure(error))
    process.exitCode = 1
  } else if (!signal.aborted) throw error
}

async function run(settings) {
  const application = startApplication(settings)
  try {
    const interrupted = new Promise((resolve) => signal.addEventListener('abort', resolve))
    await Promise.race([application.failed, interrupted, show(settings, application)])
  } finally {
    await application.stop()
  }
  if (!settings.once) tell(story.ended)
}

async function show(settings, application) {
  tell(story.opening(settings))
  const page = () => fetchPage(settings.metricsUrl, signal)
  await eventually(async () => isServing(await page(), settings.workers), signal)
  const sent = await sendBurst(settings)
  const { text, counted } = await eventually(async () => arrived(await page(), sent), signal)
  tell(story.report({ text, counted, sent }))
  await fetchLivePage(settings.liveUrl, signal)
  if (settings.once) return
  tell(story.livePage(settings))
  tell(story.suggestions(settings, counted.workers))
  if (settings.opensBrowser) openBrowser(settings.liveUrl)
  await Promise.all([
    followWorkers({ page, signal, tell }),
    sendSteadily(settings, signal),
    playScenes({ settings, application, page, signal, tell }),
  ])
}

/** The page, as soon as the page shows every request. */
function arrived(text, sent) {
  const counted = summarize(text)
  const { requests, failed } = counted.total
  if (requests >= sent.requests && failed >= sent.failed) return { text, counted }
  throw new DemoError(
    `The page shows ${requests} requests, ${failed} of them failed. ` +
      `The demo sent ${sent.requests}, of which ${sent.failed} failed.`,
  )
}

function tell(text) {
  process.stdout.write(text)
}
