import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { readNotifySettings } from '../../../src/master/systemd/notify-variables.ts'
import { serviceOf } from '../../../src/master/systemd/service.ts'

const names = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']

function withVariables(context: TestContext, variables: Record<string, string>): void {
  const before = { ...process.env }
  for (const name of names) delete process.env[name]
  Object.assign(process.env, variables)
  context.after(() => {
    for (const name of names) delete process.env[name]
    Object.assign(process.env, before)
  })
}

const own = String(process.pid)
const socket = '/run/notify'
const silent = { socket, watchdogMs: undefined }

describe('readNotifySettings', () => {
  const rows: readonly (readonly [string, Record<string, string>, unknown])[] = [
    ['no variable', {}, undefined],
    ['an empty socket', { NOTIFY_SOCKET: '' }, undefined],
    ['a relative path', { NOTIFY_SOCKET: 'run/notify' }, undefined],
    ['a watchdog alone', { WATCHDOG_USEC: '1000', WATCHDOG_PID: own }, undefined],
    ['a path', { NOTIFY_SOCKET: socket }, silent],
    ['a wrong time', { NOTIFY_SOCKET: socket, WATCHDOG_USEC: 'soon' }, silent],
    ['the time 0', { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '0' }, silent],
    [
      'the watchdog of another process',
      { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' },
      silent,
    ],
    [
      'the watchdog of this process',
      { NOTIFY_SOCKET: '@name', WATCHDOG_USEC: '2500', WATCHDOG_PID: own },
      { socket: '@name', watchdogMs: 2.5 },
    ],
  ]
  for (const [name, variables, expected] of rows) {
    test(`reads ${name}`, (context) => {
      withVariables(context, variables)
      assert.deepEqual(readNotifySettings(), expected)
      assert.equal(process.env['WATCHDOG_PID'], undefined)
    })
  }

  test('leaves to a successor what it needs, and no watchdog of another process', (context) => {
    const variables = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000', WATCHDOG_PID: own }
    withVariables(context, variables)
    const settings = readNotifySettings()
    assert.deepEqual(readNotifySettings(), settings)
    withVariables(context, { ...variables, WATCHDOG_PID: '1' })
    readNotifySettings()
    assert.deepEqual(readNotifySettings(), silent)
  })
})

test('Without NOTIFY_SOCKET, a service starts no timer and no process', (context) => {
  withVariables(context, { WATCHDOG_USEC: '1000' })
  const before = process.getActiveResourcesInfo()
  const service = serviceOf({
    log: { write: () => assert.fail('a line') },
    predecessor: undefined,
    workers: () => assert.fail('a look at the workers'),
    countFault: () => assert.fail('a fault'),
  })
  service.serves()
  let reloads = 0
  service.reload(() => {
    reloads += 1
    return 'a fault'
  })
  service.ends()
  let isFinished = false
  service.finish(() => {
    isFinished = true
  })
  assert.deepEqual([reloads, isFinished], [1, true])
  assert.deepEqual(process.getActiveResourcesInfo(), before)
})
