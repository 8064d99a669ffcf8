import assert from 'node:assert/strict'
import { openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CrashFile } from '../../src/crash-file/writer.ts'
import { runScript } from '../support/programs/script.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

const script = 'show-crash-file.ts'

describe('show-crash-file', () => {
  it('prints the worker and its counts as text', async (context) => {
    const path = join(await temporaryDirectory(context), '3.counts')
    const source = { pid: 4_001, startSeconds: 1_700_000_000, forkNumber: 3 }
    const file = new CrashFile(openSync(path, 'w'), source, 7)
    file.take({ key: 'requests', attributes: {} })?.set([12])
    file.take({ key: 'responses', attributes: { status_code: '200' } })?.set([11])
    file.flush()
    file.close()
    const { code, stdout } = await runScript(script, [path])
    assert.equal(code, 0)
    assert.match(stdout, /^# worker 3, pid 4001, started 2023-11-14T22:13:20\.000Z\n/)
    assert.match(stdout, /^gunicorn_worker_requests_total 12$/m)
    assert.match(stdout, /^gunicorn_worker_responses_total\{status_code="200"\} 11$/m)
  })

  it('refuses a file that is not a crash file', async (context) => {
    const path = join(await temporaryDirectory(context), 'other')
    await writeFile(path, 'other')
    const { code, stderr } = await runScript(script, [path])
    assert.equal(code, 1)
    assert.match(stderr, /other is not a crash file of this version, or it is damaged\.\n$/)
  })

  it('says how to call it when no file is given', async () => {
    const { code, stderr } = await runScript(script, [])
    assert.equal(code, 2)
    assert.equal(stderr, 'Usage: show-crash-file.ts FILE\n')
  })
})
