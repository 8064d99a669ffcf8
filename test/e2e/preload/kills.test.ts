import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lostOf, runKills, summaryOf } from '../../support/kills/kills-run.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const kills = 15

test(`None of ${kills} SIGKILLs loses an answer that was counted before`, async (context) => {
  const directory = await temporaryDirectory(context)
  const all = await runKills({ kills, seed: 2, write: 'response', directory })
  process.stdout.write(`# ${summaryOf(all)}\n`)
  assert.deepEqual(
    all.filter((kill) => lostOf(kill) > 0),
    [],
  )
  assert.ok(all.every(({ answered }) => answered > 0))
})

test(`Each of ${kills} SIGKILLs under load loses one turn at most`, async (context) => {
  const directory = await temporaryDirectory(context)
  const all = await runKills({ kills, seed: 1, directory })
  process.stdout.write(`# ${summaryOf(all)}\n`)
  assert.deepEqual(
    all.filter((kill) => lostOf(kill) > kill.ofLastTurn),
    [],
  )
  assert.ok(all.every(({ answered }) => answered > 0))
})
