import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { type Check, checkOf } from '../support/deploy/definitions.ts'
import { knativeSchemas } from '../support/deploy/programs.ts'
import { need } from '../support/tools.ts'

const file = join(import.meta.dirname, '../../deploy/cloud-run/service.yaml')

describe('The schema of Knative', () => {
  test('accepts the service of Cloud Run, and no unknown field', (context) => {
    assert.deepEqual(checkIn(context)?.(parse(readFileSync(file, 'utf8'))) ?? [], [])
  })

  test('refuses an unknown field of the container', (context) => {
    const check = checkIn(context)
    if (!check) return
    const text = readFileSync(file, 'utf8').replace('startupProbe:', 'startProbe:')
    assert.match(check(parse(text))[0] ?? '', /additional properties/)
  })
})

function checkIn(context: TestContext): Check | undefined {
  const folder = need(context, knativeSchemas())
  return folder === undefined ? undefined : checkOf(join(folder, 'service.yaml'))
}
