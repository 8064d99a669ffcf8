import { settingNames, table } from './table.ts'
import { configVariable } from './variables.ts'

interface Section {
  readonly type: readonly string[]
  readonly description?: string
  readonly additionalProperties: false
  readonly properties: Record<string, unknown>
}

/** JSON Schema of the YAML file, so that editors complete and check it. */
export function configSchema(): Record<string, unknown> {
  const exporter = section('Settings of gunicorn-prometheus-exporter.')
  for (const name of settingNames) {
    const { keys, kind, help, fallback, fallbackText, topic } = table[name]
    const values = nullable(kind.schema, topic !== table.authPassword.topic)
    for (const key of keys) {
      const byDefault = fallback === undefined || fallbackText ? {} : { default: fallback }
      put(exporter, key, { description: sentence(help), ...values, ...byDefault })
    }
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of gunicorn-prometheus-exporter',
    description: `The file that ${configVariable} or --config names.`,
    ...section(),
    properties: { exporter },
  }
}

function section(description?: string): Section {
  // A section with nothing but comments is null.
  const type = ['object', 'null']
  const properties: Record<string, unknown> = {}
  return { ...(description ? { description } : {}), type, additionalProperties: false, properties }
}

function put(root: Section, key: string, value: unknown): void {
  const parts = key.split('.')
  const last = parts.pop() ?? ''
  let place = root
  for (const part of parts) {
    place.properties[part] ??= section()
    place = place.properties[part] as Section
  }
  place.properties[last] = value
}

/** An empty value means the default, except for settings that protect the endpoint. */
function nullable(
  schema: Readonly<Record<string, unknown>>,
  mayBeEmpty: boolean,
): Record<string, unknown> {
  if (mayBeEmpty) return { anyOf: [schema, { type: 'null' }, { const: '' }] }
  const filled = schema['type'] === 'string' ? { ...schema, minLength: 1 } : schema
  return { anyOf: [filled, { type: 'null' }] }
}

function sentence(help: string): string {
  const plain = help.replaceAll('`', '')
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}.`
}
