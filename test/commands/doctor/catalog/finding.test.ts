import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { checkNames } from '../../../../src/commands/doctor/catalog/declaration.ts'
import {
  catalog,
  type Finding,
  finding,
  fine,
  skipped,
  sorted,
  unknown,
} from '../../../../src/commands/doctor/catalog/finding.ts'

const checks = join(import.meta.dirname, '../../../../src/commands/doctor/checks')
const code = readdirSync(checks)
  .map((name) => readFileSync(join(checks, name), 'utf8'))
  .join('')

describe('The catalog of findings', () => {
  for (const [id, { check, meaning, remedy }] of Object.entries(catalog)) {
    test(`has ${id} of a known check, in sentences, and a check finds it`, () => {
      assert.ok(checkNames.includes(check))
      for (const text of [meaning, remedy]) assert.match(text, /^[\p{Lu}`].*\.$/u)
      assert.ok(code.includes(`'${id}'`), `no check finds ${id}`)
    })
  }
})

describe('A finding', () => {
  test('has its values in the remedy', () => {
    const words = { pid: 12, setting: 'PORT' }
    const { remedy, level, page } = finding('port-taken', { lookedAt: 'a', found: 'b', words })
    assert.equal(remedy, 'End the process 12, or set PORT to another port.')
    assert.equal(level, 'problem')
    assert.equal(page, 'docs/troubleshooting.md#port-taken')
  })

  for (const [id, command] of [
    ['secret-exposed', "Run `chmod o-rwx '/tmp/größe mit raum/it'\\''s'`."],
    ['key-exposed', "Run `chmod o-rwx '/tmp/größe mit raum/it'\\''s'`."],
    ['directory-missing', "Run `mkdir -p '/tmp/größe mit raum/it'\\''s'` and"],
    ['directory-unsafe', "`chmod +t '/tmp/größe mit raum/it'\\''s'`, or"],
    ['directory-unwritable', "write to /tmp/größe mit raum/it's, or"],
  ] as const) {
    test(`${id} has a path with spaces for the shell`, () => {
      const words = { path: "/tmp/größe mit raum/it's" }
      const { remedy } = finding(id, { lookedAt: 'a', found: 'b', words })
      assert.ok(remedy?.includes(command), remedy ?? '')
    })
  }

  test('of a worse level comes first', () => {
    const told = { lookedAt: 'a', found: 'b' }
    const findings: Finding[] = [
      skipped('node', 'a', 'b'),
      fine('node', 'a', 'b'),
      finding('page-open', told),
      unknown('node', 'a', { found: 'b' }),
      finding('certificate-expires', told),
      finding('certificate-expired', told),
    ]
    assert.deepEqual(
      sorted(findings).map(({ level }) => level),
      ['problem', 'warning', 'unknown', 'note', 'ok', 'skipped'],
    )
  })
})
