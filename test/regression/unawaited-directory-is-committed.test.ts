// Bug: a test passed an unawaited Promise as a directory. The program wrote its files to the
// directory `[object Promise]` of the project, and these files were committed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { cleanEnvironment } from '../support/programs/app.ts'

const root = join(import.meta.dirname, '../..')

test('A program of a test gets no Promise as a variable', () => {
  const unawaited: unknown = Promise.resolve('/tmp')
  for (const value of [unawaited, `${unawaited}/sources`]) {
    const variables = { PROMETHEUS_SHARED_DIR: value as string }
    assert.throws(() => cleanEnvironment(variables), /PROMETHEUS_SHARED_DIR must be a text/)
  }
})

test('No committed file has the text of an object in its path', (context) => {
  const files = committedFiles()
  if (files === undefined) {
    context.skip('the sources are no git repository')
    return
  }
  assert.ok(files.length > 0)
  assert.deepEqual(
    files.filter((file) => file.includes('[object ')),
    [],
  )
})

function committedFiles(): string[] | undefined {
  try {
    return execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
  } catch {
    return undefined
  }
}
