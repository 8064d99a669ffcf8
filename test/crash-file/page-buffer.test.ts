import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  blockAt,
  blockBytes,
  blockHeadBytes,
  checksum,
  seedOf,
  turnAt,
} from '../../src/crash-file/layout.ts'
import { PageBuffer } from '../../src/crash-file/page-buffer.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

const fileSeed = 5

describe('PageBuffer', () => {
  test('writes its slots with a checksum, a sequence and their number', async (context) => {
    const { page, values, write } = await prepared(context, 2)
    page.use(3)
    values.set([7, 0, 0.5])
    const bytes = write()
    const at = blockAt(2, 1)
    const length = blockHeadBytes + 3 * 8
    assert.equal(bytes.length, at + length)
    assert.equal(bytes.readUInt32LE(at), checksum(bytes.subarray(at), length, seedOf(2, fileSeed)))
    assert.equal(bytes.readUInt32LE(at + 4), 3)
    assert.equal(bytes.readDoubleLE(at + 8), 1)
    assert.equal(bytes.readDoubleLE(at + turnAt), 7)
    const slots = [0, 1, 2].map((slot) => bytes.readDoubleLE(at + blockHeadBytes + 8 * slot))
    assert.deepEqual(slots, [7, 0, 0.5])
  })

  test('writes no slots before use()', async (context) => {
    const { write } = await prepared(context, 0)
    const bytes = write()
    assert.equal(bytes.readUInt32LE(blockAt(0, 1) + 4), 0)
    assert.equal(bytes.length, blockAt(0, 1) + blockHeadBytes)
  })

  test('alternates between its two blocks', async (context) => {
    const { page, write } = await prepared(context, 0)
    page.use(1)
    const sequences = [1, 2, 3].map(() => {
      const bytes = write()
      return [0, 1].map((block) =>
        bytes.length > blockAt(0, block) + 8 ? bytes.readDoubleLE(blockAt(0, block) + 8) : 0,
      )
    })
    assert.deepEqual(sequences, [
      [0, 1],
      [2, 1],
      [2, 3],
    ])
  })

  test('has changed after a new slot, until the write', async (context) => {
    const { page, write } = await prepared(context, 0)
    assert.equal(page.isChanged, false)
    page.use(1)
    assert.equal(page.isChanged, true)
    write()
    assert.equal(page.isChanged, false)
  })
})

interface Prepared {
  readonly page: PageBuffer
  /** The numbers of the page. */
  readonly values: Float64Array
  readonly write: () => Buffer
}

async function prepared(context: TestContext, index: number): Promise<Prepared> {
  const path = join(await temporaryDirectory(context), 'page')
  const file = openSync(path, 'w')
  context.after(() => closeSync(file))
  const image = new ArrayBuffer((index + 1) * blockBytes)
  const page = new PageBuffer(index, { image, seed: fileSeed })
  return {
    page,
    values: new Float64Array(image, index * blockBytes + blockHeadBytes),
    write: () => {
      page.write(file, 7)
      return readFileSync(path)
    },
  }
}
