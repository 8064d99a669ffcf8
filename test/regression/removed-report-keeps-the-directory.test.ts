import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { PrivateDirectory } from '../../src/files/private-directory.ts'
import { placeBelow } from '../../src/files/private-place.ts'
import { latestFirst } from '../support/programs/belongings.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

/** Makes and removes files until the test ends, as ending workers and the exporter thread do. */
const churn = `
  const { rmSync, writeFileSync } = require('node:fs')
  const { parentPort, workerData } = require('node:worker_threads')
  const pause = new Int32Array(new SharedArrayBuffer(4))
  parentPort.postMessage('on')
  for (let count = 0; ; count += 1) {
    const file = workerData + '/' + (count % 50) + '.report.json'
    try { writeFileSync(file, '') } catch {}
    if (count % 2) rmSync(file, { force: true })
    // Real processes end one after the other.
    Atomics.wait(pause, 0, 0, 0.5)
  }
`

for (const isOpen of [true, false]) {
  test(`A directory is removed while files in it come and go, isOpen: ${isOpen}`, async (given) => {
    const context = latestFirst(given)
    const place = { ...placeBelow(await temporaryDirectory(context), '1-a'), isOpen }
    const directory = new PrivateDirectory(place)
    directory.make()
    const thread = new Worker(churn, { eval: true, workerData: place.path })
    context.after(() => thread.terminate())
    await new Promise((resolve) => thread.once('message', resolve))
    for (let count = 0; count < 100; count += 1) {
      directory.make()
      for (let file = 0; file < 20; file += 1) directory.replace(`${file}.counts`, '')
      directory.clear()
      assert.equal(existsSync(place.path), false)
    }
  })
}
