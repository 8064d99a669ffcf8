import assert from 'node:assert/strict'
import { openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { isAbsent, refusalOf, unlessPassing } from '../../src/files/file-errors.ts'
import { isForbidden } from '../../src/support/error-code.ts'
import { needsDescriptorLimit, withoutDescriptors } from '../support/files/descriptors.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('An error of a file', () => {
  test('tells that the file is missing, also below another file', async (context) => {
    for (const name of ['missing', 'missing/a', 'file/a']) {
      const error = await errorOf(context, name)
      assert.equal(isAbsent(error), true)
      assert.equal(refusalOf(error), 'refused')
      assert.equal(unlessPassing(error, 5), 5)
    }
  })

  test('refuses a file that the system cannot open', async (context) => {
    for (const name of ['loop', '.']) {
      const error = await errorOf(context, name)
      assert.equal(isAbsent(error), false)
      assert.equal(refusalOf(error), 'refused')
      assert.equal(unlessPassing(error, 5), 5)
    }
  })

  test('tells that --permission forbids the path', async (context) => {
    const code = 'ERR_ACCESS_DENIED'
    assert.equal(isForbidden(Object.assign(new Error('restricted'), { code })), true)
    assert.equal(isForbidden(await errorOf(context, 'missing')), false)
  })

  test('says nothing about the file without a free descriptor', {
    skip: needsDescriptorLimit,
  }, () => {
    const error = withoutDescriptors(() => thrownBy(() => openSync('/dev/null', 'r')))
    assert.equal(isAbsent(error), false)
    assert.equal(refusalOf(error), 'unreadable')
    assert.throws(
      () => unlessPassing(error, 5),
      (thrown) => thrown === error,
    )
  })
})

async function errorOf(context: TestContext, name: string): Promise<unknown> {
  const directory = await temporaryDirectory(context)
  writeFileSync(join(directory, 'file'), '')
  symlinkSync('loop', join(directory, 'loop'))
  return thrownBy(() => readFileSync(join(directory, name)))
}

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return assert.fail('nothing is thrown')
}
