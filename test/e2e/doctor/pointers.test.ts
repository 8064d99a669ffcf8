import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeUnderTest, startProgram } from '../../support/programs/app.ts'
import { command } from '../../support/programs/master.ts'

const pointer = 'Run `npx gunicorn-prometheus-exporter doctor`.'
const wrong = { PROMETHEUS_MAX_SERIES: 'many' }

async function refusal(args: readonly string[], env: Record<string, string>): Promise<string> {
  const program = startProgram([nodeUnderTest, command, ...args], env)
  const { code } = await program.ended
  assert.equal(code, 2)
  return program.stderr()
}

describe('A command with wrong settings', () => {
  for (const args of [['run', 'app.js'], ['serve']]) {
    test(`points to doctor: ${args[0]}`, async () => {
      const text = await refusal(args, wrong)
      assert.match(text, /PROMETHEUS_MAX_SERIES is "many"/)
      assert.ok(text.includes(`\n${pointer}\n`), text)
      const json = await refusal(args, { ...wrong, PROMETHEUS_LOG_FORMAT: 'json' })
      assert.ok(JSON.parse(json).message.endsWith(` ${pointer}`), json)
    })
  }

  test('does not point to doctor where doctor cannot see the fault', async () => {
    assert.ok(!(await refusal(['run', '--max-series', 'many', 'app.js'], {})).includes(pointer))
    assert.ok(!(await refusal(['run', '--check-config', 'app.js'], wrong)).includes(pointer))
  })
})
