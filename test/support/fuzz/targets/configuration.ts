import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { readConfigFile } from '../../../../src/config/config-file.ts'
import { resolvedOf, resolveSettings } from '../../../../src/config/resolve/resolve.ts'
import { settingNames, settingOf, settings } from '../../../../src/config/table.ts'
import { sentencesOf } from '../../config/sentences.ts'
import { type FuzzTarget, fuzzTarget } from '../fuzz-target.ts'
import { oddNumbers, oddTexts } from '../odd-values.ts'

interface Input {
  readonly text: string
  readonly variables: readonly (readonly [name: string, value: string])[]
  readonly command: 'run' | 'serve' | undefined
  readonly secret: string
}

const variableNames = settings.flatMap(({ env }) => env)
const secretNames = settings.flatMap(({ kind, env }) => (kind.isSecret ? env : []))
const fileKeys = settings.flatMap(({ keys }) => keys)

const values = fc.oneof(
  oddTexts,
  oddNumbers.map(String),
  fc.constantFrom('true', 'off', '0', '1', '30', '0.5', '127.0.0.1:80', 'unix:/tmp/x', 'redis://h'),
  fc.constantFrom('a:1,b:2', '/a/*=x', 'info', 'json', '=', ',', ',,', '-', 'http://[::1', '10%'),
)

/** Pieces of YAML. A random order of them is seldom valid, and meets each part of a reader. */
const pieces = fc.oneof(
  fc.constantFrom('exporter:\n', '  ', '    ', '\n', '- ', ': ', ', ', '? ', '# x\n', '\t'),
  fc.constantFrom('{', '}', '[', ']', '"', "'", '|\n', '>-\n', '---\n', '...\n', '%YAML 1.2\n'),
  fc.constantFrom('&a ', '*a ', '<<: ', '<<: *a\n', '!!binary ', '!!js/function ', '!x ', '!!set '),
  fc.constantFrom('__proto__: ', 'constructor: ', '~', 'null', '.nan', '0x1f', '0o7', '1_000'),
  fc.constantFrom(...fileKeys.flatMap((key) => key.split('.').map((part) => `${part}: `))),
  values,
)

/** A document with the form of a file, and with any values. */
const documents = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...fileKeys), oddTexts), values), { maxLength: 6 })
  .map((entries) => {
    const lines = entries.map(([key, value]) => {
      const parts = key.split('.')
      const path = parts.map((part, depth) => `${'  '.repeat(depth + 1)}${part}:`).join('\n')
      return `${path} ${value}`
    })
    return `exporter:\n${lines.join('\n')}\n`
  })

const bombs = fc.constantFrom(
  '[',
  '{',
  '- ',
  '? ',
  '&a [*a,',
  'a: &b {<<: *b}\n',
  '"\\x',
  '!!binary ',
  '{a: ',
)

const texts = fc.oneof(
  { weight: 5, arbitrary: fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')) },
  { weight: 4, arbitrary: documents },
  {
    weight: 1,
    arbitrary: fc.tuple(bombs, fc.nat({ max: 2_000 })).map(([part, count]) => part.repeat(count)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 30 }).map(laughs) },
)

const inputs: fc.Arbitrary<Input> = fc.record<Input>({
  text: texts,
  variables: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...variableNames), oddTexts), values), {
    maxLength: 8,
  }),
  command: fc.constantFrom(undefined, 'run', 'serve'),
  secret: fc.constantFrom(...secretNames),
})

/** YAML files and environment variables. */
export const configurationTarget: FuzzTarget = fuzzTarget({
  name: 'configuration',
  claim: 'any YAML text and any environment give settings or sentences about what is wrong',
  quickCases: 1_000,
  inputs,
  start() {
    const directory = mkdtempSync(join(tmpdir(), 'fuzz-configuration-'))
    const path = join(directory, 'file.yml')
    return {
      check: (input) => check(input, path),
      stop: () => rmSync(directory, { recursive: true }),
    }
  },
})

const secretText = 'Zx9-s3cr3t-Zx9'

function check({ text, variables, command, secret }: Input, path: string): void {
  writeFileSync(path, text)
  const file = readConfigFile(path)
  const environment = Object.fromEntries([...variables, [secret, secretText]])
  const resolution = resolveSettings({
    environment,
    file,
    checksFiles: true,
    checksUse: true,
    ...(command && { command }),
  })
  const { warnings, notes, settings: found } = resolvedOf(resolution)
  const faults = resolution.kind === 'faults' ? resolution.faults : []
  for (const message of sentencesOf([...faults, ...warnings, ...notes])) {
    assert.ok(message.length > 0)
    assert.ok(!message.includes(secretText), `a message has a secret: ${message}`)
  }
  if (resolution.kind === 'faults') assert.ok(faults.length > 0)
  for (const name of settingNames) {
    const { kind, fallback } = settingOf(name)
    if (found[name] === fallback) continue
    const shown = kind.shown(found[name])
    assert.equal(typeof shown, 'string')
    assert.ok(!kind.isSecret || !shown.includes(secretText), `${name} shows a secret`)
  }
}

/** Each anchor has the earlier one ten times. */
function laughs(levels: number): string {
  const lines = Array.from({ length: levels }, (_, level) => {
    const parts = level === 0 ? 'x' : Array.from({ length: 10 }, () => `*a${level - 1}`).join(',')
    return `a${level}: &a${level} [${parts}]`
  })
  return `${lines.join('\n')}\nexporter: *a${levels - 1}\n`
}
