import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { requestLimits } from '../../../src/limits/tools/requests.ts'
import { StatsdClient } from '../../../src/master/requests/statsd-client.ts'
import { eventually } from '../../support/programs/app.ts'
import { statsdReceiver } from '../../support/programs/statsd-receiver.ts'

describe('StatsdClient', () => {
  test('sends several lines in a datagram, with prefix and tags', async (context) => {
    const { port, datagrams, lines } = await statsdReceiver(context)
    const options = { host: '127.0.0.1', port, prefix: 'app.', tags: 'a:b,c', onLost: assert.fail }
    const client = new StatsdClient(options)
    const names = Array.from({ length: 200 }, (_, index) => `name${index}:1|c|@1.0`)
    client.send(names)
    const expected = names.map((name) => `app.${name}|#a:b,c`)
    await eventually(() => assert.deepEqual(lines(), expected))
    assert.ok(datagrams.length < 10)
    assert.ok(datagrams.every((each) => Buffer.byteLength(each) <= requestLimits.datagramBytes))
    client.close()
  })

  test('loses datagrams when nothing receives, and goes on', async (context) => {
    const { port, close } = await statsdReceiver(context)
    close()
    const reasons: string[] = []
    const onLost = (_: number, reason: string): void => void reasons.push(reason)
    const client = new StatsdClient({ host: '127.0.0.1', port, prefix: '', tags: '', onLost })
    context.after(() => client.close())
    await eventually(() => {
      client.send(['a:1|c'])
      assert.match(reasons.join(), /ECONNREFUSED/)
    })
  })

  test('loses datagrams while the name of the host is unknown', async (context) => {
    const reasons: string[] = []
    const onLost = (_: number, reason: string): void => void reasons.push(reason)
    const options = { host: 'no-such-host.invalid', port: 1, prefix: '', tags: '', onLost }
    const client = new StatsdClient(options)
    context.after(() => client.close())
    for (let sent = 0; sent <= requestLimits.waitingDatagrams; sent += 1) client.send(['a:1|c'])
    assert.match(reasons.join(), /not known yet/)
    await eventually(() => assert.match(reasons.join(), /ENOTFOUND|EAI_AGAIN/))
  })
})
