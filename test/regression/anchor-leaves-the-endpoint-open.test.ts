// Bug: YAML reads an unquoted token that begins with & as an anchor of an empty value. The endpoint
// was open.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type ConfigFile, readConfigFile } from '../../src/config/config-file.ts'
import { sentencesOf } from '../support/config/sentences.ts'

const directory = mkdtempSync(join(tmpdir(), 'config-file-'))

after(() => rmSync(directory, { recursive: true }))

test('A bearer token without a value in braces is refused', () => {
  const { faults } = read('exporter:\n  prometheus: { auth: { bearer_token } }\n')
  assert.match(sentencesOf(faults).join(), /exporter\.prometheus\.auth\.bearer_token is left empty/)
})

function read(text: string): ConfigFile {
  const path = join(directory, 'config.yml')
  writeFileSync(path, text)
  return readConfigFile(path)
}
