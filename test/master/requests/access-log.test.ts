import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { AccessLog } from '../../../src/master/requests/access-log.ts'
import { faultChannel, requestEndChannel } from '../../../src/model/request/request-end.ts'
import { observeChannel } from '../../../src/support/observe-channel.ts'
import { eventually } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { endOf } from '../../support/request-ends.ts'

const ends = channel(requestEndChannel)

async function opened(context: TestContext, file?: string): Promise<Opened> {
  const path = file ?? join(await temporaryDirectory(context), 'log')
  const warnings: string[] = []
  const faults: unknown[] = []
  context.after(observeChannel(faultChannel, (fault) => faults.push(fault)))
  const settings = { file: path, format: '%(m)s %(U)s' }
  return { log: new AccessLog(settings, (text) => warnings.push(text)), path, warnings, faults }
}

interface Opened {
  readonly log: AccessLog
  readonly path: string
  readonly warnings: string[]
  readonly faults: unknown[]
}

describe('AccessLog', () => {
  test('writes a line about each ended request, and stops at its end', async (context) => {
    const { log, path } = await opened(context)
    ends.publish(endOf({ target: '/a' }))
    log.close()
    ends.publish(endOf({ target: '/b' }))
    assert.equal(readFileSync(path, 'utf8'), 'GET /a\n')
  })

  test('writes to the new file after a rotation', async (context) => {
    const { log, path } = await opened(context)
    renameSync(path, `${path}.1`)
    log.reopen()
    ends.publish(endOf({ target: '/a' }))
    log.close()
    assert.equal(readFileSync(path, 'utf8'), 'GET /a\n')
    assert.equal(readFileSync(`${path}.1`, 'utf8'), '')
  })

  test('counts a request that cannot be read, and throws nothing', async (context) => {
    const { log, warnings, faults } = await opened(context)
    ends.publish({ kind: 'http1' })
    assert.deepEqual(faults, [{ component: 'access_log' }])
    assert.match(
      warnings[0] ?? '',
      /^The access log .* loses lines: .*Lost so far: 1 \(GPE_ACCESS_LOG\)$/,
    )
    log.close()
  })

  test('counts each line that a full disk refuses, and warns once', async (context) => {
    const { log, warnings, faults } = await opened(context, '/dev/full')
    for (const target of ['/a', '/b']) ends.publish(endOf({ target }))
    await eventually(() => assert.equal(faults.length, 2))
    assert.equal(warnings.length, 1)
    log.close()
  })
})
