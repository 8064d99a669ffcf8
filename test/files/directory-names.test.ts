import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { entriesOf, namesIn, namesOf } from '../../src/files/directory-names.ts'
import { needsProc, openDescriptors } from '../support/files/descriptors.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('namesOf', () => {
  test('returns all names of a directory within the limit', async (context) => {
    const directory = await temporaryDirectory(context)
    for (const name of ['a', 'b', 'c']) writeFileSync(join(directory, name), '')
    assert.deepEqual(namesOf(directory, 4).sort(), ['a', 'b', 'c'])
    assert.equal(namesOf(directory, 2).length, 2)
    assert.deepEqual(namesOf(directory, 0), [])
  })

  test('returns no name of a directory that is missing, public or a link', async (context) => {
    const parent = await temporaryDirectory(context)
    mkdirSync(join(parent, 'open'))
    writeFileSync(join(parent, 'open/a'), '')
    assert.deepEqual(namesOf(join(parent, 'open'), 2), ['a'])
    symlinkSync('open', join(parent, 'link'))
    chmodSync(join(parent, 'open'), 0o777)
    for (const name of ['missing', 'open', 'link', 'open/a'])
      assert.deepEqual(namesOf(join(parent, name), 2), [])
  })

  test('closes the directory', { skip: needsProc }, async (context) => {
    const directory = await temporaryDirectory(context)
    writeFileSync(join(directory, 'a'), '')
    const before = openDescriptors()
    for (const limit of [0, 1, 2]) namesOf(directory, limit)
    assert.equal(openDescriptors(), before)
  })
})

test('namesIn returns no name where the caller does not trust the directory', async (context) => {
  const directory = await temporaryDirectory(context)
  writeFileSync(join(directory, 'a'), '')
  assert.deepEqual(
    namesIn(directory, 2, () => {}),
    ['a'],
  )
  assert.deepEqual(
    namesIn(directory, 2, () => assert.fail()),
    [],
  )
})

test('entriesOf throws for a directory that cannot be read', async (context) => {
  const parent = await temporaryDirectory(context)
  assert.throws(() => entriesOf(join(parent, 'missing'), 2), { code: 'ENOENT' })
  writeFileSync(join(parent, 'a'), '')
  assert.deepEqual(entriesOf(parent, 2), ['a'])
})
