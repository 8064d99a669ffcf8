import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { manualPage } from '../../scripts/man-page.ts'
import { commandPages } from '../../src/commands/completion/command-pages.ts'
import { installed, need } from '../support/tools.ts'

const page = join(import.meta.dirname, '../../man/gunicorn-prometheus-exporter.1')

test('The manual page has every command and option', () => {
  const text = manualPage().replaceAll('\\-', '-')
  for (const { name, options } of commandPages) {
    assert.ok(text.includes(`.SS ${name}\n`), name)
    for (const option of Object.keys(options)) assert.ok(text.includes(`--${option}`), option)
  }
})

test('mandoc finds no fault in the manual page', (context) => {
  const path = need(context, installed('mandoc', ['-Tlint', '-Wfatal', '/dev/null']))
  if (path === undefined) return
  const { status, stdout, stderr } = spawnSync(path, ['-Tlint', '-Wwarning', page], {
    encoding: 'utf8',
  })
  assert.deepEqual([status, stdout, stderr], [0, '', ''])
})
