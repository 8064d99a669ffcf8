import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parseSync } from 'oxc-parser'
import { runOptions } from '../src/commands/run/run-options.ts'

/*
 * Each property of an interface of the public API has a docstring. Optional properties have their
 * default there, and the default of a setting is the default of the table.
 */

const root = join(import.meta.dirname, '..')
const interfaces = {
  'src/commands/run/run-master.ts': ['RunMasterOptions'],
  'src/master/hooks/hooks.ts': ['HookServer', 'HookWorker', 'Hooks'],
  'src/sdk/cluster-metric-reader.ts': ['ClusterMetricReaderOptions'],
  'src/sdk/cluster-metric-readers.ts': ['ClusterMetricReadersOptions'],
  'src/sdk/cluster-totals.ts': ['ClusterTotalsOptions'],
  'src/sdk/instrumentation.ts': ['GunicornInstrumentationConfig', 'InstrumentationConfig'],
  'src/sdk/merge-rules-option.ts': ['MergeOptions'],
  'src/share/sharing-status.ts': ['ForwarderStatus'],
} as const
/** Hooks and facts have no default. */
const withoutDefaults: ReadonlySet<string> = new Set(['Hooks', 'HookWorker', 'HookServer'])

for (const [path, names] of Object.entries(interfaces)) {
  for (const name of names) {
    describe(`${name} documents`, () => {
      for (const { key, isOptional, text } of propertiesOf(path, name)) {
        test(key, () => {
          assert.notEqual(text, '', `${name}.${key} has no docstring`)
          if (isOptional && !withoutDefaults.has(name)) assert.match(text, /default/i)
          if (name === 'RunMasterOptions') assertDefault(key, text)
        })
      }
    })
  }
}

function assertDefault(key: string, text: string): void {
  const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const { fallback = '' } = runOptions[flag] ?? {}
  const isShort = /^(?:\d+|true|false|[a-z]+(?:-[a-z]+)*)$/.test(fallback) && fallback !== 'none'
  if (isShort) assert.match(text, new RegExp(`default: [\`']*${fallback}\\b`, 'i'))
}

interface Property {
  readonly key: string
  readonly isOptional: boolean
  /** Empty without a docstring. */
  readonly text: string
}

function propertiesOf(path: string, name: string): Property[] {
  const source = readFileSync(join(root, path), 'utf8')
  const { program, comments } = parseSync(path, source)
  const found = program.body
    .map((node) => (node.type === 'ExportNamedDeclaration' ? node.declaration : node))
    .find((node) => node?.type === 'TSInterfaceDeclaration' && node.id.name === name)
  assert.ok(found?.type === 'TSInterfaceDeclaration', `${path} has no interface ${name}`)
  return found.body.body.flatMap((member): Property[] => {
    if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier') return []
    const comment = comments.find(
      ({ type, end }) => type === 'Block' && source.slice(end, member.start).trim() === '',
    )
    const text = (comment?.value ?? '').replace(/\n\s*\*/g, ' ').replace(/\s+/g, ' ')
    return [{ key: member.key.name, isOptional: member.optional, text }]
  })
}
