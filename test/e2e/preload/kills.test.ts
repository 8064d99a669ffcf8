import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutAddon } from '../../support/crash-file/without-addon.ts'
import { lostOf, runKills, summaryOf } from '../../support/kills/kills-run.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const kills = 15

for (const place of ['memory', 'file'] as const) {
  const title = `None of ${kills} SIGKILLs loses an answer counted before, in ${place}`
  test(title, { skip: place === 'memory' && withoutAddon }, async (context) => {
    const directory = await temporaryDirectory(context)
    const all = await runKills({ kills, seed: 2, write: 'response', place, directory })
    process.stdout.write(`# ${summaryOf(all)}\n`)
    assert.deepEqual(
      all.filter((kill) => lostOf(kill) > 0),
      [],
    )
    assert.ok(all.every(({ answered }) => answered > 0))
  })
}

for (const write of ['turn', 'response'] as const) {
  test(`None of ${kills} SIGKILLs loses an answer over HTTP/2 at ${write}`, {
    skip: withoutAddon,
  }, async (context) => {
    const directory = await temporaryDirectory(context)
    const all = await runKills({ kills, seed: 4, protocol: 'http2', write, directory })
    process.stdout.write(`# ${summaryOf(all)}\n`)
    assert.deepEqual(
      all.filter((kill) => lostOf(kill) > 0),
      [],
    )
    assert.ok(all.every(({ answered }) => answered > 0))
  })
}

test(`Each of ${kills} SIGKILLs loses at most the answer under way`, {
  skip: withoutAddon,
}, async (context) => {
  const directory = await temporaryDirectory(context)
  const all = await runKills({ kills, seed: 3, directory })
  process.stdout.write(`# ${summaryOf(all)}\n`)
  assert.deepEqual(
    // A client can have the last answer of its connection, and close the connection.
    all.filter((kill) => lostOf(kill) > Math.max(1, kill.cut)),
    [],
  )
  assert.ok(all.every(({ answered }) => answered > 0))
})

test(`Each of ${kills} SIGKILLs loses one turn at most, with files`, async (context) => {
  const directory = await temporaryDirectory(context)
  const all = await runKills({ kills, seed: 1, place: 'file', directory })
  process.stdout.write(`# ${summaryOf(all)}\n`)
  assert.deepEqual(
    all.filter((kill) => lostOf(kill) > kill.ofLastTurn),
    [],
  )
  assert.ok(all.every(({ answered }) => answered > 0))
})
