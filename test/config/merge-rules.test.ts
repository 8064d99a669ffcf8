import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readConfigFile } from '../../src/config/config-file.ts'
import { resolveSettings } from '../../src/config/resolve/resolve.ts'
import { sentencesOf } from '../support/config/sentences.ts'

type Sources = Parameters<typeof resolveSettings>[0]

const directory = mkdtempSync(join(tmpdir(), 'merge-rules-'))
after(() => rmSync(directory, { recursive: true }))

const expected = [
  { pattern: 'queue.length', rule: 'max' },
  { pattern: '@acme/jobs=1/*', rule: 'per_worker' },
  { pattern: '*.debug', rule: 'omit' },
]

function fileOf(text: string): ReturnType<typeof readConfigFile> {
  const path = join(directory, 'config.yml')
  writeFileSync(path, text)
  return readConfigFile(path)
}

describe('Rules for merging are read', () => {
  const map = `
exporter:
  merge_rules:
    queue.length: max
    "@acme/jobs=1/*": Per_Worker
    "*.debug": omit
`
  const list = `
exporter:
  merge_rules:
    - queue.length=max
    - "@acme/jobs=1/*=per_worker"
    - "*.debug=omit"
`
  const text = 'queue.length=max, @acme/jobs=1/* = per_worker,*.debug=omit'
  const object = Object.fromEntries(expected.map(({ pattern, rule }) => [pattern, rule]))
  const sources: Record<string, () => Omit<Sources, 'environment'> & Partial<Sources>> = {
    'from the environment': () => ({ environment: { GUNICORN_MERGE_RULES: text } }),
    'from a map in YAML': () => ({ file: fileOf(map) }),
    'from a list in YAML': () => ({ file: fileOf(list) }),
    'from a text in YAML': () => ({ file: fileOf(`exporter:\n  merge_rules: "${text}"\n`) }),
    'from an object in code': () => ({ options: { mergeRules: object } as never }),
  }
  for (const [title, source] of Object.entries(sources)) {
    test(title, () => {
      const resolution = resolveSettings({ environment: {}, ...source() })
      assert.ok(resolution.kind === 'settings')
      assert.deepEqual(resolution.settings.mergeRules, expected)
    })
  }
})

describe('Rules for merging are refused, with what is allowed:', () => {
  const allowed =
    'up to 100 of pattern=rule, each pattern once and with at most 200 characters; ' +
    'a rule is sum, max, '
  const rows: Record<string, () => Omit<Sources, 'environment'> & Partial<Sources>> = {
    'an unknown rule': () => ({ environment: { GUNICORN_MERGE_RULES: 'a=min' } }),
    'a pattern alone': () => ({ environment: { GUNICORN_MERGE_RULES: 'a' } }),
    'a map with an unknown rule': () => ({
      file: fileOf('exporter:\n  merge_rules:\n    a: min\n'),
    }),
    'an object with a number': () => ({ options: { mergeRules: { a: 1 } } as never }),
  }
  for (const [title, source] of Object.entries(rows)) {
    test(title, () => {
      const resolution = resolveSettings({ environment: {}, ...source() })
      assert.ok(resolution.kind === 'faults')
      const [message = ''] = sentencesOf(resolution.faults)
      assert.ok(message.includes(allowed), message)
    })
  }

  test('a map with a map in it', () => {
    const { faults } = fileOf('exporter:\n  merge_rules:\n    a:\n      b: max\n')
    assert.match(sentencesOf(faults)[0] ?? '', /exporter\.merge_rules is a map with an empty value/)
  })
})
