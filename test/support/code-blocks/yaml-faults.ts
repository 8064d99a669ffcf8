import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import type { CodeBlock } from './code-block.ts'

const root = join(import.meta.dirname, '../../..')
const schema = JSON.parse(readFileSync(join(root, 'schema.json'), 'utf8')) as object

/** What a YAML block configures. */
export type YamlKind = 'exporter' | 'prometheus' | 'rules' | 'other'

export function yamlKind({ text }: CodeBlock): YamlKind {
  const document: unknown = parse(text)
  if (Array.isArray(document)) return 'rules'
  const keys = Object.keys(document as object)
  if (keys.includes('exporter')) return 'exporter'
  if (keys.includes('scrape_configs') || keys.includes('rule_files')) return 'prometheus'
  return 'other'
}

/** The faults of a configuration file of this package, by its schema. */
export function exporterFaults({ text }: CodeBlock): string[] {
  const ajv = new Ajv({ strict: false, allErrors: true })
  const valid = ajv.compile(schema)
  return valid(parse(text))
    ? []
    : (valid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
