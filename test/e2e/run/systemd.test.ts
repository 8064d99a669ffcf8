import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { get } from '../../support/programs/load.ts'
import { type Master, type MasterOptions, startMaster } from '../../support/programs/master.ts'
import { type NotifyReceiver, startNotifyReceiver } from '../../support/programs/notify-receiver.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { sum } from '../../support/prometheus/page.ts'
import { need, systemdNotify } from '../../support/tools.ts'

const workers = 2
/** For a message that must arrive: the machine can be busy. */
const patienceMs = 60_000

interface ServiceUnderTest {
  readonly master: Master
  readonly receiver: NotifyReceiver
}

/** Starts a master as a service of `Type=notify`, over a receiver in place of systemd. */
async function startService(
  context: TestContext,
  { options = [], env = {}, ...others }: MasterOptions = {},
  form: 'path' | 'abstract' = 'path',
): Promise<ServiceUnderTest | undefined> {
  if (need(context, systemdNotify()) === undefined) return undefined
  const belongings = latestFirst(context)
  const receiver = await startNotifyReceiver(belongings, form)
  const master = await startMaster({
    ...others,
    options: ['-w', String(workers), ...options],
    env: { NOTIFY_SOCKET: receiver.socket, ...env },
  })
  belongings.after(() => master.stop())
  return { master, receiver }
}

async function assertStates(
  { receiver, master }: ServiceUnderTest,
  expected: readonly (string | RegExp)[],
): Promise<void> {
  await eventually(() => {
    const states = receiver.states()
    const text = `${states.join(' ')}; log: ${master.stderr()}`
    assert.equal(states.length, expected.length, text)
    for (const [index, each] of expected.entries()) {
      const state = states[index] ?? ''
      assert.ok(typeof each === 'string' ? state === each : each.test(state), text)
    }
  }, patienceMs)
}

function statuses({ receiver }: ServiceUnderTest): readonly string[] {
  return receiver
    .lines()
    .filter((line) => line.startsWith('STATUS='))
    .map((line) => line.slice('STATUS='.length))
}

/** A file that answers with the variables of systemd. */
const tellingApp = `
const { createServer } = require('node:http')
createServer((request, response) => {
  const names = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']
  response.end(names.filter((name) => name in process.env).join() || 'none')
}).listen(process.env.PORT, '127.0.0.1')
`

for (const form of ['path', 'abstract'] as const) {
  test(`A master tells systemd its states over a socket with ${form}`, async (context) => {
    const service = await startService(context, {}, form)
    if (!service) return
    const { master } = service
    await assertStates(service, ['READY=1'])
    // Ready means that all workers serve, and not that the master runs.
    assert.equal((await master.serving(workers)).length, workers)
    assert.ok(statuses(service).includes('2 of 2 workers serve'))

    const before = process.hrtime.bigint() / 1_000n
    master.signal('SIGHUP')
    await assertStates(service, ['READY=1', 'RELOADING=1', /^MONOTONIC_USEC=\d+$/, 'READY=1'])
    const [, , usec = ''] = service.receiver.states()
    const at = BigInt(usec.slice('MONOTONIC_USEC='.length))
    assert.ok(before <= at && at <= process.hrtime.bigint() / 1_000n, `${before} ${usec}`)

    master.signal('SIGTERM')
    assert.equal((await master.ended).code, 0)
    await assertStates(service, [
      ...['READY=1', 'RELOADING=1', /^MONOTONIC_USEC=\d+$/, 'READY=1'],
      'STOPPING=1',
    ])
    assert.doesNotMatch(master.stderr(), /Cannot notify/)
  })
}

test('systemd hears of readiness only when the slowest worker listens', async (context) => {
  const directory = await temporaryDirectory(context)
  const file = join(directory, 'app.cjs')
  const go = join(directory, 'go')
  const source = `
const { createServer } = require('node:http')
const { existsSync } = require('node:fs')
const { worker } = require('node:cluster')
const server = createServer((request, response) => response.end('answer'))
const listen = () => server.listen(process.env.PORT, '127.0.0.1')
const wait = () => (existsSync(${JSON.stringify(go)}) ? listen() : setTimeout(wait, 50))
if (worker.id === 1) listen()
else wait()
`
  await writeFile(file, source)
  const service = await startService(context, { file })
  if (!service) return
  await eventually(() => assert.ok(statuses(service).includes('starting, 1 of 2 workers serve')))
  assert.deepEqual(service.receiver.states(), [])
  await writeFile(go, '')
  await assertStates(service, ['READY=1'])
})

for (const signal of ['SIGINT', 'SIGQUIT']) {
  test(`systemd hears STOPPING=1 before a master ends by ${signal}`, async (context) => {
    const service = await startService(context)
    if (!service) return
    await assertStates(service, ['READY=1'])
    service.master.signal(signal)
    assert.equal((await service.master.ended).code, 0)
    await assertStates(service, ['READY=1', 'STOPPING=1'])
  })
}

test('A reload with a wrong configuration ends, and the status says why', async (context) => {
  const directory = await temporaryDirectory(context)
  const config = join(directory, 'config.yml')
  await writeFile(config, 'exporter:\n  gunicorn:\n    timeout: 30\n')
  const service = await startService(context, { options: ['--config', config] })
  if (!service) return
  await assertStates(service, ['READY=1'])
  await writeFile(config, 'exporter:\n  gunicorn:\n    timeout: soon\n')
  service.master.signal('SIGHUP')
  await assertStates(service, ['READY=1', 'RELOADING=1', /^MONOTONIC_USEC=/, 'READY=1'])
  assert.match(statuses(service).at(-1) ?? '', /^2 of 2 workers serve, reload failed: .*timeout/)

  await writeFile(config, 'exporter:\n  gunicorn:\n    timeout: 30\n')
  service.master.signal('SIGHUP')
  await eventually(() => assert.equal(statuses(service).at(-1), '2 of 2 workers serve'))
})

test('Workers do not get the variables of systemd', async (context) => {
  const directory = await temporaryDirectory(context)
  const file = join(directory, 'app.cjs')
  await writeFile(file, tellingApp)
  const env = { WATCHDOG_USEC: '30000000' }
  const service = await startService(context, { file, env, starter: withWatchdogPid })
  if (!service) return
  await assertStates(service, ['READY=1'])
  assert.equal((await get(service.master.port, '/')).body, 'none')
})

/** As systemd does: WATCHDOG_PID is the pid of the process that becomes the master. */
const withWatchdogPid = ['sh', '-c', 'WATCHDOG_PID=$$ exec "$0" "$@"']

describe("systemd's watchdog", () => {
  const env = { WATCHDOG_USEC: '400000' }
  const pings = ({ receiver }: ServiceUnderTest): number =>
    receiver.lines().filter((line) => line === 'WATCHDOG=1').length

  test('hears a master while its event loop runs', async (context) => {
    const service = await startService(context, { env, starter: withWatchdogPid })
    if (!service) return
    await assertStates(service, ['READY=1'])
    await eventually(() => assert.ok(pings(service) > 3), patienceMs)
    service.master.signal('SIGSTOP')
    // What was under way arrives; then nothing comes for five times the interval.
    await eventually(async () => {
      const before = pings(service)
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      assert.equal(pings(service), before)
    }, patienceMs)
    const before = pings(service)
    service.master.signal('SIGCONT')
    await eventually(() => assert.ok(pings(service) > before), patienceMs)
  })

  test('hears no master whose pid WATCHDOG_PID does not name', async (context) => {
    const service = await startService(context, { env: { ...env, WATCHDOG_PID: '1' } })
    if (!service) return
    await assertStates(service, ['READY=1'])
    service.master.signal('SIGHUP')
    await assertStates(service, ['READY=1', 'RELOADING=1', /^MONOTONIC_USEC=/, 'READY=1'])
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    assert.equal(pings(service), 0)
  })
})

describe('Without an answer of systemd, a master', () => {
  test('serves, logs one line and counts each message', async (context) => {
    const env = { NOTIFY_SOCKET: '/nowhere/notify', WATCHDOG_USEC: '200000' }
    const service = await startService(context, { env, starter: withWatchdogPid })
    if (!service) return
    const { master } = service
    await master.serving(workers)
    const component = { component: 'exporter_systemd' }
    await eventually(async () => {
      assert.ok(sum(await master.page(), 'gunicorn_exporter_faults_total', component) > 3)
    }, patienceMs)
    assert.equal(master.stderr().match(/Cannot notify systemd: /g)?.length, 1)
    master.signal('SIGTERM')
    assert.equal((await master.ended).code, 0)
  })

  test('serves, and names the program that is missing', async (context) => {
    const hidden = 'mount --bind /dev/null "$(command -v systemd-notify)" && exec "$0" "$@"'
    const starter = ['unshare', '--mount', 'sh', '-c', hidden]
    const service = await startService(context, { starter })
    if (!service) return
    const { master } = service
    await master.serving(workers)
    assert.match(master.stderr(), /the program systemd-notify is missing/)
    const component = { component: 'exporter_systemd' }
    await eventually(async () => {
      assert.equal(sum(await master.page(), 'gunicorn_exporter_faults_total', component), 1)
    }, patienceMs)
    assert.deepEqual(service.receiver.lines(), [])
  })
})

test('A reload of code that never listens ends, and the status says why', async (context) => {
  const directory = await temporaryDirectory(context)
  const file = join(directory, 'app.cjs')
  await writeFile(file, tellingApp)
  const service = await startService(context, { file, options: ['--boot-timeout', '2'] })
  if (!service) return
  await assertStates(service, ['READY=1'])
  await writeFile(file, 'setInterval(() => {}, 1_000)')
  service.master.signal('SIGHUP')
  await assertStates(service, ['READY=1', 'RELOADING=1', /^MONOTONIC_USEC=/, 'READY=1'])
  assert.match(
    statuses(service).at(-1) ?? '',
    /^2 of 2 workers serve, reload failed: for 2 s, no new worker listens/,
  )
})
