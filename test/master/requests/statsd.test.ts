import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { describe, type TestContext, test } from 'node:test'
import { requestLimits } from '../../../src/limits/tools/requests.ts'
import { MasterStatsd } from '../../../src/master/requests/master-statsd.ts'
import { StatsdRequests } from '../../../src/master/requests/statsd-requests.ts'
import { requestEndChannel } from '../../../src/model/request/request-end.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { eventually } from '../../support/programs/app.ts'
import { statsdReceiver } from '../../support/programs/statsd-receiver.ts'
import { endOf } from '../../support/request-ends.ts'

const ends = channel(requestEndChannel)

describe('StatsdRequests', () => {
  async function opened(context: TestContext): Promise<Opened> {
    const { port, lines } = await statsdReceiver(context)
    const clock = new ManualClock()
    const settings = { host: '127.0.0.1', port, prefix: '', tags: '' }
    const requests = new StatsdRequests(settings, assert.fail, clock)
    context.after(() => requests.close())
    return { lines, clock }
  }

  test('sends the requests of a second as counts, and each duration', async (context) => {
    const { lines, clock } = await opened(context)
    ends.publish(endOf({ seconds: 0.002 }))
    ends.publish(endOf({ seconds: 0.0035, status: undefined }))
    await clock.advance(requestLimits.statsdMs)
    await eventually(() =>
      assert.deepEqual(lines(), [
        ...['gunicorn.request.duration:2|ms', 'gunicorn.request.duration:3.5|ms'],
        'gunicorn.requests:2|c|@1.0',
        ...['gunicorn.request.status.200:1|c|@1.0', 'gunicorn.request.status.499:1|c|@1.0'],
      ]),
    )
    await clock.advance(requestLimits.statsdMs)
    ends.publish(endOf({ seconds: 0.001 }))
    await clock.advance(requestLimits.statsdMs)
    await eventually(() => assert.equal(lines().length, 8))
    assert.equal(lines().filter((line) => line === 'gunicorn.requests:1|c|@1.0').length, 1)
  })

  test('sends at once after requestLimits.statsdTimes requests', async (context) => {
    const { lines } = await opened(context)
    for (let at = 0; at < requestLimits.statsdTimes; at += 1) ends.publish(endOf({ seconds: 0 }))
    const expected = `gunicorn.requests:${requestLimits.statsdTimes}|c|@1.0`
    await eventually(() => assert.ok(lines().includes(expected)))
  })
})

interface Opened {
  readonly lines: () => string[]
  readonly clock: ManualClock
}

describe('MasterStatsd', () => {
  test('sends the number of workers when it changes, and lines of the log', async (context) => {
    const { port, lines } = await statsdReceiver(context)
    const clock = new ManualClock()
    let workers = 2
    const options = { workers: () => workers, count: assert.fail, warn: assert.fail }
    const statsd = new MasterStatsd(options, clock)
    for (const level of ['info', 'warning', 'error', 'error']) statsd.logged(level)
    statsd.use({ host: '127.0.0.1', port, prefix: 'shop.', tags: '' })
    context.after(() => statsd.use(undefined))
    for (const count of [2, 2, 3]) {
      workers = count
      await clock.advance(requestLimits.statsdMs)
    }
    await eventually(() =>
      assert.deepEqual(lines(), [
        ...['shop.gunicorn.log.warning:1|c|@1.0', 'shop.gunicorn.log.error:2|c|@1.0'],
        ...['shop.gunicorn.workers:2|g', 'shop.gunicorn.workers:3|g'],
      ]),
    )
  })

  test('has no timer without settings, and then counts no lines', async (context) => {
    const { port, lines } = await statsdReceiver(context)
    const clock = new ManualClock()
    let asked = 0
    const workers = (): number => {
      asked += 1
      return 2
    }
    const statsd = new MasterStatsd({ workers, count: assert.fail, warn: assert.fail }, clock)
    statsd.use(undefined)
    statsd.logged('error')
    await clock.advance(requestLimits.statsdMs)
    assert.equal(asked, 0)
    statsd.use({ host: '127.0.0.1', port, prefix: '', tags: '' })
    context.after(() => statsd.use(undefined))
    await clock.advance(requestLimits.statsdMs)
    await eventually(() => assert.deepEqual(lines(), ['gunicorn.workers:2|g']))
  })
})
