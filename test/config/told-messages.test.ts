import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

const run = promisify(execFile)
const file = join(import.meta.dirname, '../fixtures/told-messages.ts')
const needsProc = { skip: process.platform !== 'linux' && 'the system tells no start times' }

test(
  'Processes with the same messages leave all of them to one process',
  needsProc,
  async (context) => {
    const TMPDIR = await temporaryDirectory(context)
    const all = Array.from({ length: 60 }, (_, index) => `message ${index}`)
    // More messages make a longer race. The last one is known: the claims of single messages count.
    await claimedBy(1, ['message 59'], TMPDIR)
    const told = await claimedBy(4, all, TMPDIR)
    const [first = [], ...others] = told.filter((messages) => messages.length > 0)
    assert.deepEqual(others, [])
    assert.deepEqual(first, all.slice(0, -1))
  },
)

/** Lets processes claim the messages at once. Returns the messages that each may log. */
async function claimedBy(
  count: number,
  messages: readonly string[],
  TMPDIR: string,
): Promise<string[][]> {
  // All processes have loaded their program by then.
  const at = String(Date.now() + 1_500)
  const ends = Array.from({ length: count }, () =>
    run(process.execPath, [file, at, ...messages], { env: { ...process.env, TMPDIR } }),
  )
  return (await Promise.all(ends)).map(({ stdout }) => JSON.parse(stdout))
}
