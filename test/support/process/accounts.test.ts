import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { workerOwnerOf } from '../../../src/support/process/accounts.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'

test('workerOwnerOf does not wait for a directory service without end', async (context) => {
  const directory = await temporaryDirectory(context)
  // Without a limit, the user would exist after some time.
  const slow = '#!/bin/sh\n/bin/sleep 20\necho 7\n'
  for (const program of ['id', 'getent'])
    writeFileSync(join(directory, program), slow, { mode: 0o755 })
  const { PATH } = process.env
  process.env['PATH'] = directory
  try {
    const unknown = { user: 'no-such-user', group: undefined }
    assert.throws(() => workerOwnerOf(unknown), /The user no-such-user does not exist\./)
  } finally {
    process.env['PATH'] = PATH
  }
})
