import assert from 'node:assert/strict'
import { closeSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { profileLimits } from '../../src/limits/tools/profiles.ts'
import { spaceFault } from '../../src/profiles/heap-snapshot.ts'
import { ProfileFiles, profilePlace } from '../../src/profiles/profile-files.ts'
import { parseOrder, parseToProfiled, profileCommand } from '../../src/profiles/profile-order.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('The files of profiles', () => {
  test('tell begin, end and failure of a profile', async (context) => {
    const place = profilePlace(await temporaryDirectory(context), process.getuid?.())
    const files = new ProfileFiles(place, 'worker-1-2.cpuprofile')
    assert.deepEqual(files.state, { kind: 'none' })
    const file = files.begin()
    assert.deepEqual(files.state, { kind: 'begun' })
    writeFileSync(file, '{}')
    closeSync(file)
    files.finish()
    const path = join(place.path, 'worker-1-2.cpuprofile')
    assert.deepEqual(files.state, { kind: 'done', path, bytes: 2 })
    const failing = new ProfileFiles(place, 'worker-1-3.cpuprofile')
    closeSync(failing.begin())
    failing.fail('no space')
    assert.deepEqual(failing.state, { kind: 'failed', reason: 'no space' })
    failing.drop()
    assert.deepEqual(readdirSync(place.path), ['worker-1-2.cpuprofile'])
  })

  test('are bounded in number, and other files stay', async (context) => {
    const place = profilePlace(await temporaryDirectory(context), process.getuid?.())
    closeSync(new ProfileFiles(place, 'worker-0-0.heapsnapshot').begin())
    const old = Array.from({ length: 30 }, (_, index) => `worker-1-${index}.cpuprofile`)
    for (const [index, name] of [...old, 'note.txt', 'worker-9-9.cpuprofile.part'].entries()) {
      const path = join(place.path, name)
      writeFileSync(path, '')
      utimesSync(path, 1_000 + index, 1_000 + index)
    }
    closeSync(new ProfileFiles(place, 'worker-2-0.cpuprofile').begin())
    const left = readdirSync(place.path)
    const profiles = left.filter((name) => name.endsWith('.cpuprofile'))
    assert.equal(profiles.length, profileLimits.keptProfiles - 1)
    assert.ok(profiles.includes('worker-1-29.cpuprofile'))
    assert.ok(left.includes('note.txt'))
    assert.ok(!left.includes('worker-9-9.cpuprofile.part'))
  })
})

describe('An order', () => {
  const order = {
    ...{ version: 1, number: 1, pid: 2, kind: 'cpu', seconds: 5, name: 'worker-1-2.cpuprofile' },
    place: { path: '/tmp/x', user: 0, isOpen: false },
  }

  test('passes its guard', () => {
    assert.deepEqual(parseOrder(order), order)
    assert.deepEqual(parseToProfiled({ cmd: profileCommand, order }), {
      ...{ cmd: profileCommand, order },
    })
  })

  for (const wrong of [
    { version: 2 },
    { kind: 'all' },
    { seconds: 301 },
    { seconds: 0.5 },
    { name: '../worker-1-2.cpuprofile' },
    { name: 'worker-1-2.txt' },
    { place: { path: 'tmp', user: 0 } },
    { place: null },
    { pid: '2' },
  ]) {
    test(`with ${JSON.stringify(wrong)} is refused`, () => {
      assert.equal(parseOrder({ ...order, ...wrong }), undefined)
    })
  }
})

test('A snapshot needs twice the heap on the disk, and a bounded heap', () => {
  const mebibyte = 2 ** 20
  assert.equal(spaceFault(100 * mebibyte, 400 * mebibyte), undefined)
  assert.match(spaceFault(100 * mebibyte, 300 * mebibyte) ?? '', /300 MiB free; .* needs 328 MiB/)
  assert.match(spaceFault(5_000 * mebibyte, 1e15) ?? '', /the heap has 5000 MiB; allowed are 4096/)
})
