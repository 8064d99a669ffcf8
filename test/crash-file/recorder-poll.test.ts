import assert from 'node:assert/strict'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { mock, test } from 'node:test'
import { RequestCounts } from '../../src/collect/counts/request-counts.ts'
import { crashFileLimits } from '../../src/limits/crash-file.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

// Before the import of the recorder, which keeps the timers that it finds.
mock.timers.enable({ apis: ['setTimeout'] })
const { CrashSafeCounts } = await import('../../src/crash-file/recorder.ts')
const { CrashFile } = await import('../../src/crash-file/writer.ts')

const source = { pid: 4_711, startSeconds: 1_700_000_000, forkNumber: 3 }

test('CrashSafeCounts tries to open its file each crashFilePollMs', async (context) => {
  const path = join(await temporaryDirectory(context), '3.counts')
  const requestCounts = new RequestCounts([1])
  const attempts: string[] = []
  new CrashSafeCounts({
    requestCounts,
    open: () => {
      attempts.push('open')
      if (attempts.length < 3) return undefined
      const file = new CrashFile(openSync(path, 'w'), source, 1)
      context.after(() => file.close())
      return file
    },
    onFault: (part) => assert.fail(part),
    warn: (text) => assert.fail(text),
  })
  const count = async (): Promise<number> => {
    requestCounts.end()
    for (const _ of [1, 2]) await new Promise((resolve) => setImmediate(resolve))
    return attempts.length
  }
  assert.equal(attempts.length, 1)
  assert.equal(await count(), 2)
  mock.timers.tick(crashFileLimits.crashFilePollMs - 1)
  assert.equal(await count(), 2)
  mock.timers.tick(1)
  assert.equal(await count(), 3)
})
