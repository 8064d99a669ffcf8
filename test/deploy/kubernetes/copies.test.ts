import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { copiedFiles, presentFiles } from '../../../scripts/deploy-files.ts'

test('Rules and dashboards of deploy/ equal their sources (npm run deploy:files)', async () => {
  const copies = await copiedFiles()
  assert.deepEqual(
    (await presentFiles()).filter((path) => !copies.has(path)),
    [],
  )
  for (const [path, text] of copies) {
    assert.equal(await readFile(join(import.meta.dirname, '../../..', path), 'utf8'), text, path)
  }
})
