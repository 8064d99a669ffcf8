import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { commandPages } from '../../../src/commands/completion/command-pages.ts'
import { commandList, usage } from '../../../src/commands/line/command-list.ts'
import type { CommandOption } from '../../../src/commands/line/command-options.ts'
import { helpText } from '../../../src/commands/line/command-page.ts'
import { lineLimits } from '../../../src/limits/tools/line.ts'

describe('The help of', () => {
  test('the program lists each command, and each command has a page', () => {
    const names = commandPages.map(({ name }) => name)
    assert.deepEqual(names, Object.keys(commandList))
    for (const name of names) assert.match(usage(), new RegExp(`^  ${name} .*  \\w`, 'm'))
  })

  for (const page of commandPages) {
    test(`${page.name} has all options and exit codes, in lines of limited width`, () => {
      const text = helpText(page)
      for (const [name, option] of Object.entries(page.options)) assertOption(text, name, option)
      assert.match(text, /^Usage: gunicorn-prometheus-exporter \w+ /)
      assert.match(text, /\nExit codes:\n {2}0 {2}\S[\s\S]*\n {2}2 {2}\S/)
      const long = text.split('\n').filter((line) => line.length > lineLimits.helpColumns)
      assert.deepEqual(long, [])
    })
  }

  test('run has the default and the variables of an option', () => {
    const text = helpText(commandPages[0] ?? assert.fail('no page'))
    assert.match(text, /--metrics-port PORT .*\(9091\)\n? +\[PROMETHEUS_METRICS_PORT/)
  })
})

function assertOption(text: string, name: string, { short, env = [] }: CommandOption): void {
  assert.match(text, new RegExp(`^  ${short ? `-${short}, ` : ' {4}'}--${name}\\b`, 'm'))
  for (const variable of env) assert.ok(text.includes(variable), variable)
}
