import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { operationName } from '../../../../../src/collect/http/frameworks/graphql/operation-name.ts'

const fragment = { kind: 'FragmentDefinition', name: { value: 'Parts' } }
const operation = { kind: 'OperationDefinition', name: { value: 'GetUser' } }
const anonymous = { kind: 'OperationDefinition' }

describe('operationName()', () => {
  const cases: readonly (readonly [string, unknown, unknown, string | undefined])[] = [
    ['the name that the client chose', { definitions: [anonymous, operation] }, 'Chosen', 'Chosen'],
    [
      'the name of the first operation',
      { definitions: [fragment, operation] },
      undefined,
      'GetUser',
    ],
    ['no name of an anonymous operation', { definitions: [anonymous] }, null, undefined],
    ['no name without an operation', { definitions: [fragment] }, '', undefined],
    ['no name without a document', undefined, undefined, undefined],
  ]
  for (const [title, document, given, name] of cases) {
    test(`takes ${title}`, () => assert.equal(operationName(document, given), name))
  }
})
