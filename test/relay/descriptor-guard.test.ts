import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isDescriptor, plainDescriptor } from '../../src/relay/descriptor-guard.ts'

const earlier = { name: 'orders', kind: 'counter', unit: '', description: '', scope: 'shop' }

describe('A descriptor from another process', () => {
  const rows: Record<string, readonly [given: object, plain: object]> = {
    'of an earlier version stays as it is': [{}, {}],
    'keeps the schema URL and whole numbers': [
      { schemaUrl: 'https://schemas.test/1', valueType: 'int' },
      { schemaUrl: 'https://schemas.test/1', valueType: 'int' },
    ],
    'loses an empty schema URL': [{ schemaUrl: '' }, {}],
    'loses parts of another type': [{ schemaUrl: { a: 1 }, valueType: 1 }, {}],
    'loses a type of numbers of a later version': [{ valueType: 'decimal' }, {}],
    'loses unknown parts': [{ isObservable: true }, {}],
  }
  for (const [title, [given, plain]] of Object.entries(rows)) {
    test(title, () => {
      const descriptor: unknown = { ...earlier, ...given }
      assert.ok(isDescriptor(descriptor))
      assert.deepEqual(plainDescriptor(descriptor), { ...earlier, ...plain })
    })
  }
})
