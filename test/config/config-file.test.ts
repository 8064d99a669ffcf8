import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { findConfigFile, readConfigFile } from '../../src/config/config-file.ts'
import { configLimits } from '../../src/limits/config.ts'
import { sentencesOf } from '../support/config/sentences.ts'

const directory = mkdtempSync(join(tmpdir(), 'config-file-'))

after(() => rmSync(directory, { recursive: true }))

test('readConfigFile gives each value by its dotted path', () => {
  const text = 'exporter:\n  gunicorn:\n    workers: 4\n    timeout: 1.5\n  hooks: ./a.cjs # here\n'
  const { values, faults } = read(text)
  assert.deepEqual(faults, [])
  assert.deepEqual(Object.fromEntries(values), {
    'gunicorn.workers': '4',
    'gunicorn.timeout': '1.5',
    hooks: './a.cjs',
  })
})

test('readConfigFile keeps values as texts, and lists as lists', () => {
  const text = 'exporter:\n  redis:\n    password: 007\n    cluster_nodes: [a:1, b:2]\n'
  const { values, faults } = read(text)
  assert.deepEqual(faults, [])
  assert.deepEqual(Object.fromEntries(values), {
    'redis.password': '007',
    'redis.cluster_nodes': ['a:1', 'b:2'],
  })
})

test('readConfigFile leaves out empty values', () => {
  const nothing = ['', "''", '~', 'null'].map(
    (text) => `exporter:\n  gunicorn:\n    workers: ${text}\n`,
  )
  for (const text of ['', '# nothing\n', 'exporter:\n', 'exporter:\n  gunicorn:\n', ...nothing]) {
    const { values, faults } = read(text)
    assert.deepEqual(faults, [], text)
    assert.equal(values.size, 0)
  }
})

describe('readConfigFile reads as a text', () => {
  for (const text of ['"null"', "'~'", '"~"', "'null'", '|-\n      null']) {
    test(`the value ${text}`, () => {
      const { values, faults } = read(`exporter:\n  redis:\n    username: ${text}\n`)
      assert.deepEqual(faults, [])
      assert.match(String(values.get('redis.username')), /^(?:null|~)$/)
    })
  }
})

describe('readConfigFile refuses an empty secret', () => {
  const rows: readonly (readonly [key: string, text: string])[] = [
    ...['', '# s3cret', "''", '""', '{}'].map(
      (text) => ['prometheus.auth.bearer_token', text] as const,
    ),
    ...['', "''"].map((text) => ['prometheus.auth.bearer_token_file', text] as const),
    ['prometheus.auth.username', ''],
    ['redis.password', ''],
    ['redis.url', '{}'],
  ]
  for (const [key, text] of rows) {
    test(`(${key}: ${text})`, () => {
      const { values, faults } = read(nested(key, text))
      assert.equal(values.size, 0)
      assert.equal(faults.length, 1)
      assert.ok(faults[0]?.includes(`exporter.${key} is left empty; allowed is`), faults[0])
      assert.doesNotMatch(faults.join(), /s3cret/)
    })
  }

  for (const [key, text] of [
    ['prometheus.auth.bearer_token', 'null'],
    ['prometheus.auth.password', '~'],
    ['redis.password', "''"],
  ] as const) {
    test(`but accepts ${text} as no value for ${key}`, () => {
      const { values, faults } = read(nested(key, text))
      assert.deepEqual([values.size, faults], [0, []])
    })
  }
})

describe('readConfigFile refuses an anchor, names the line, and omits the anchor', () => {
  const rows: Record<string, readonly [text: string, line: number]> = {
    'without a value': ['exporter:\n  prometheus:\n    auth:\n      bearer_token: &s3cret\n', 4],
    'on the same line as a text': ['exporter:\n  redis:\n    password: &s3cret hello\n', 3],
    'on the line above a text': ['exporter:\n  redis:\n    password: &s3cret\n      hello\n', 3],
    'on a map': ['exporter: &s3cret\n  hooks: a\n', 1],
    'on a key': ['exporter:\n  &s3cret hooks: a\n', 2],
    'on the document': ['&s3cret\nexporter:\n', 2],
    'in a list': ['exporter:\n  redis:\n    sentinels: [&s3cret a:1]\n', 3],
    'with an alias': ['exporter:\n  hooks: &s3cret a\n  worker_id: *s3cret\n', 2],
  }
  for (const [title, [text, line]] of Object.entries(rows)) {
    test(`(${title})`, () => {
      const { values, faults } = read(text)
      assert.equal(values.size, 0)
      assert.equal(faults.length, 1)
      assert.ok(faults[0]?.includes(`: line ${line} has an anchor (&)`), faults[0])
      assert.doesNotMatch(faults.join(), /s3cret/)
    })
  }
})

test("readConfigFile names gunicorn's own configuration as such", () => {
  const { faults } = readConfigFile('gunicorn.conf.py')
  assert.equal(faults.length, 1)
  assert.match(faults[0]?.message ?? '', /gunicorn\.conf\.py: this is a Python file of gunicorn/)
})

describe('readConfigFile refuses, and names the key or the reason of,', () => {
  const deep = Array.from(
    { length: configLimits.depth + 1 },
    (_, level) => `${'  '.repeat(level)}a:`,
  ).join('\n')
  const bomb = `a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nexporter: *c\n`
  const rows: Record<string, readonly [string, RegExp]> = {
    'an unknown key': [
      'exporter:\n  gunicorn:\n    timeuot: 3\n',
      /exporter\.gunicorn\.timeuot is not a known key; did you mean exporter\.gunicorn\.timeout\?/,
    ],
    'a key beside exporter': [
      'gunicorn:\n  workers: 3\n',
      /: gunicorn\.workers is not a known key; did you mean exporter\.gunicorn\.workers\?/,
    ],
    'a value in place of the root section': [
      'exporter: 3\n',
      /exporter is a value; allowed are prometheus, /,
    ],
    'a list in place of a section': [
      'exporter:\n  gunicorn: [3]\n',
      /exporter\.gunicorn is a value/,
    ],
    'a list of maps': ['exporter:\n  hooks: [{ a: 1 }]\n', /exporter\.hooks is a list/],
    'a list of lists': ['exporter:\n  hooks: [[a]]\n', /exporter\.hooks is a list/],
    'two documents': ['exporter:\n---\nexporter:\n', /documents/],
    'a merge of maps': ['exporter:\n  <<: 3\n', /exporter\.<< is not a known key/],
    'a known key in the wrong section': [
      'exporter:\n  redis:\n    workers: 3\n',
      /redis\.workers is not a known key; allowed are enabled, url, .* below exporter\.redis/,
    ],
    'a value in place of a section': [
      'exporter:\n  gunicorn: 3\n',
      /exporter\.gunicorn is a value; allowed are crash_files, crash_memory, hang_stacks, /,
    ],
    'a section in place of a value': [
      'exporter:\n  hooks:\n    a: 1\n',
      /exporter\.hooks is a section/,
    ],
    'the key __proto__': [
      'exporter:\n  __proto__:\n    workers: 3\n',
      /exporter\.__proto__\.workers/,
    ],
    'the key constructor': [
      'exporter:\n  constructor: 3\n',
      /exporter\.constructor is not a known key/,
    ],
    'a repeated key': ['exporter:\n  hooks: a\n  hooks: b\n', /unique/],
    'a list in place of the document': ['- a\n', /is not a YAML map/],
    'a text in place of the document': ['hello\n', /is not a YAML map/],
    'broken YAML': ['exporter: [\n', /Flow sequence|flow/i],
    'a tag': ['exporter: !!js/function "x"\n', /tag/i],
    'repeated aliases': [bomb, /alias/i],
    'more nested maps than configLimits.depth': [deep, /is not a known key/],
    'a file larger than configLimits.fileBytes': [
      `# ${'x'.repeat(configLimits.fileBytes)}\n`,
      /allowed are 1048576/,
    ],
  }
  for (const [title, [text, expected]] of Object.entries(rows)) {
    test(title, () => {
      const { values, faults } = read(text)
      assert.equal(values.size, 0)
      assert.match(faults.join('\n'), expected)
      assert.equal(({} as { workers?: unknown }).workers, undefined)
    })
  }

  for (const start of [
    '!',
    '!<',
    '&',
    '*',
    '{',
    '[',
    '|',
    '>',
    '"\\q',
    '@',
    '`',
    '%',
    "'",
    '? ',
    '- ',
    '"a" ',
  ]) {
    test(`a password that begins with ${start}, and omits the password`, () => {
      const { faults } = read(`exporter:\n  redis:\n    password: ${start}hunter2\n`)
      const braced = read(`exporter:\n  redis:\n    password: ${start}hunter2}\n`)
      assert.ok(faults.length > 0)
      assert.doesNotMatch([...faults, ...braced.faults].join('\n'), /hunter2/)
    })
  }

  test('a missing file', () => {
    assert.match(textOf(readConfigFile(join(directory, 'none.yml'))), /none\.yml: ENOENT/)
    assert.match(textOf(findConfigFile(join(directory, 'none.yml'))), /none\.yml: ENOENT/)
    assert.match(textOf(readConfigFile(directory)), /is not a file/)
    assert.equal(findConfigFile(undefined), undefined)
    assert.equal(findConfigFile(' '), undefined)
  })

  test('more wrong keys than configLimits.wrongKeys, and long keys in part', () => {
    const lines = Array.from({ length: 500 }, (_, index) => `  unknown_${index}: 1\n`)
    const { faults } = read(`exporter:\n${lines.join('')}`)
    assert.equal(faults.length, configLimits.wrongKeys + 1)
    assert.match(faults.at(-1) ?? '', /: the check ends after 100 wrong keys\.$/)
    const long = read(`exporter:\n  ${'x'.repeat(900)}: 1\n`).faults
    assert.ok((long[0]?.length ?? 0) < 1_000, long[0])
  })

  test('every fault in one pass', () => {
    const { values, faults } = read(
      'a: 1\nexporter:\n  b: 1\n  hooks: [[c]]\n  gunicorn:\n    workers: 2\n',
    )
    assert.equal(faults.length, 3)
    assert.equal(values.get('gunicorn.workers'), '2')
  })
})

/** The text of a file that sets a dotted key below `exporter`. */
function nested(key: string, text: string): string {
  const lines = ['exporter', ...key.split('.')].map(
    (part, depth) => `${'  '.repeat(depth)}${part}:`,
  )
  return `${lines.join('\n')} ${text}\n`
}

interface Read {
  readonly values: ReadonlyMap<string, string | readonly string[]>
  readonly faults: readonly string[]
}

function read(text: string): Read {
  const path = join(directory, 'config.yml')
  writeFileSync(path, text)
  const { values, faults } = readConfigFile(path)
  return { values, faults: sentencesOf(faults) }
}

function textOf(file: ReturnType<typeof findConfigFile>): string {
  return sentencesOf(file?.faults ?? []).join('\n')
}
