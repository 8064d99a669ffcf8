import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { parse } from 'yaml'

/** Returns the faults of an object. */
export type Check = (object: unknown) => readonly string[]

/** The check of a file with a CustomResourceDefinition: the schema of its first version. */
export function checkOf(file: string): Check {
  const definition = parse(readFileSync(file, 'utf8')) as {
    spec: { versions: { schema: { openAPIV3Schema: object } }[] }
  }
  const [version] = definition.spec.versions
  assert.ok(version)
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  const validate = ajv.compile(closed(version.schema.openAPIV3Schema) as object)
  return (object) => {
    if (validate(object)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
  }
}

/** Kubernetes removes unknown fields without a word, so the schema refuses them here. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  // Go writes `(?i)` where JavaScript has a flag.
  if (typeof schema === 'string') return schema.replace('(?i)', '')
  if (typeof schema !== 'object' || schema === null) return schema
  const parts = Object.entries(schema).map(([key, value]) => [key, closed(value)])
  // A field can be named `properties`: then the value is no schema with a type.
  const isClosed = 'properties' in schema && 'type' in schema && schema.type === 'object'
  const isOpen = 'x-kubernetes-preserve-unknown-fields' in schema
  return Object.fromEntries(
    isClosed && !isOpen ? [...parts, ['additionalProperties', false]] : parts,
  )
}
