import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chaosRun } from '../../support/chaos/chaos-run.ts'
import { authorities } from '../../support/endpoint/certificates.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

/* `npm run test:chaos` is the same with other seeds, for ten minutes. */

const seed = 1
const durationMs = 30_000

test('Random signals fail only requests of killed workers', async (context) => {
  const directory = await temporaryDirectory(context)
  const authority = authorities(context, directory)?.('authority')
  if (authority === undefined) return
  const { certfile, keyfile } = authority.issue('server')
  const lines: string[] = []
  const result = await chaosRun({
    ...{ directory, certfile, keyfile, seed, durationMs },
    checkpointMs: durationMs / 2,
    onProgress: (text) => void lines.push(text),
  })
  const { failures, findings, completed, resources, log } = result
  context.diagnostic(`${[...completed.values()].reduce((sum, each) => sum + each, 0)} requests`)
  const told = `${lines.join('\n')}\n${log}`
  assert.deepEqual(findings, [], told)
  const own = failures.filter(({ attribution }) => attribution === 'own')
  assert.deepEqual(own, [], told)
  for (const [client, count] of completed) assert.ok(count > 0, client)
  // One descriptor per channel, and the channel to a successor.
  const [first, last] = [resources.at(0), resources.at(-1)]
  assert.ok(first && last && last.descriptors <= first.descriptors + 2, JSON.stringify(resources))
})
