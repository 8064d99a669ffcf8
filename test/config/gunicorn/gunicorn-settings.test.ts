import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { parseRun, runOptions } from '../../../src/commands/run/run-options.ts'
import { gunicornReason, gunicornSettings } from '../../../src/config/gunicorn/gunicorn-settings.ts'
import { withoutCodes } from '../../support/config/sentences.ts'
import { need, pythonWithGunicorn } from '../../support/tools.ts'

const printSettings = `
import json
from gunicorn.config import KNOWN_SETTINGS
print(json.dumps({setting.name: setting.cli or [] for setting in KNOWN_SETTINGS}))
`

function faultsOf(flag: string): readonly string[] {
  const request = parseRun([`${flag}`, 'value', 'app.js'], {})
  return request.kind === 'faults' ? request.faults.map(withoutCodes) : []
}

describe('The table of gunicorn’s settings', () => {
  test('has every setting and every option of the real gunicorn', (context) => {
    const python = need(context, pythonWithGunicorn())
    if (python === undefined) return
    const text = execFileSync(python, ['-c', printSettings], { encoding: 'utf8' })
    const real = Object.entries(JSON.parse(text) as Record<string, string[]>)
    const known = Object.entries(gunicornSettings)
    assert.deepEqual(
      Object.fromEntries(known.map(([name, { flags }]) => [name, [...flags].sort()])),
      Object.fromEntries(real.map(([name, flags]) => [name, flags.sort()])),
    )
  })

  for (const [name, { flags, answer }] of Object.entries(gunicornSettings)) {
    for (const flag of flags) {
      const plain = flag.replace(/^-+/, '')
      if (answer.kind === 'same') {
        test(`says that run has ${flag} (${name})`, () => {
          const options = Object.entries(runOptions)
          assert.ok(options.some(([long, { short }]) => long === plain || short === plain))
        })
      } else if (!Object.hasOwn(runOptions, plain)) {
        test(`has the reason that run prints for ${flag} (${name})`, () => {
          const start = `${flag} is not an option of run. ${gunicornReason(plain)}`
          assert.ok(faultsOf(flag).includes(start), faultsOf(flag).join('\n'))
        })
      }
    }
  }
})

test('gunicornReason knows no option that gunicorn does not have', () => {
  assert.equal(gunicornReason('worker'), undefined)
  assert.equal(gunicornReason('constructor'), undefined)
})
