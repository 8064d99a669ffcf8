import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import * as story from './story.mjs'
import { summarize } from './workers.mjs'

const requestEveryMs = 40
const pauseMs = 20_000
const paths = ['/', '/', '/', '/users/7', '/users/42', '/slow', '/', '/nope', '/', '/fail']

/** Sends requests, so that the plots move. @returns when the signal aborts. */
export async function sendSteadily({ port }, signal) {
  for (let count = 0; ; count += 1) {
    // Every 30 requests only, because a failing application is not the point.
    const path = count % 30 < paths.length ? paths[count % 30] : '/'
    request(port, path)
    await sleep(requestEveryMs, undefined, { signal })
  }
}

/** What the live page shows once each: a hang, a death and a reload. */
export async function playScenes({ settings, application, page, signal, tell }) {
  const pause = () => sleep(pauseMs, undefined, { signal })
  await pause()
  tell(story.hangBegins)
  request(settings.port, '/block')
  await pause()
  const { workers } = summarize(await page())
  const victim = workers.find(({ state }) => state === 'running')
  tell(story.deathBegins(victim))
  if (victim) process.kill(Number(victim.pid), 'SIGKILL')
  await pause()
  tell(story.reloadBegins)
  application.reload()
  await pause()
  tell(story.scenesEnded)
}

/** One connection per request: the cluster spreads the requests, and a worker can end. */
function request(port, path) {
  get({ host: '127.0.0.1', port, path, agent: false, timeout: 30_000 }, (response) => {
    response.resume()
    response.on('error', () => {})
  })
    .on('timeout', function onTimeout() {
      this.destroy()
    })
    .on('error', () => {})
}
