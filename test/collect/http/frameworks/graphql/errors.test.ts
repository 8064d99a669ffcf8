import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { errorTypeOf } from '../../../../../src/collect/http/error-type.ts'
import {
  firstError,
  storeErrors,
} from '../../../../../src/collect/http/frameworks/graphql/errors.ts'
import { requestSlots } from '../../../../../src/collect/http/frameworks/hooks/request-slot.ts'

class BoomError extends Error {}

/** As in the package `graphql`. */
class GraphQLError extends Error {
  override readonly name = 'GraphQLError'
  readonly extensions: object
  readonly originalError: unknown

  constructor({ code, original }: { readonly code?: unknown; readonly original?: unknown }) {
    super('refused')
    this.extensions = { code }
    this.originalError = original
  }
}

const endless = new GraphQLError({})
Object.assign(endless, { originalError: endless })
const boom = new BoomError()
const withCode = new GraphQLError({ code: 'FORBIDDEN' })

const cases: readonly (readonly [title: string, errors: unknown, type: string | undefined])[] = [
  ['no list', undefined, undefined],
  ['an empty list', [], undefined],
  ['an error of a resolver', [new GraphQLError({ original: boom })], 'BoomError'],
  [
    'an error of a resolver with a code',
    [new GraphQLError({ code: 'A', original: boom })],
    'BoomError',
  ],
  [
    'an error in two wrappers',
    [new GraphQLError({ original: new GraphQLError({ original: boom }) })],
    'BoomError',
  ],
  ['the first of two errors', [withCode, boom], 'FORBIDDEN'],
  ['a code of the application', [withCode], 'FORBIDDEN'],
  ['the code of a wrapper', [new GraphQLError({ code: 'A', original: new GraphQLError({}) })], 'A'],
  ['a code of another type', [new GraphQLError({ code: 7 })], 'GraphQLError'],
  ['no code', [new GraphQLError({})], 'GraphQLError'],
  ['a text', ['wrong'], 'string'],
  ['an error that wraps itself', [endless], 'GraphQLError'],
]

describe('firstError() finds the class of a GraphQL error', () => {
  for (const [title, errors, type] of cases) {
    test(`of ${title}`, () => {
      const error = firstError(errors)
      assert.equal(error === undefined ? undefined : errorTypeOf(error), type)
    })
  }
})

describe('storeErrors counts a fault and throws nothing', () => {
  const throwing = { get: () => assert.fail('a getter of the application') }
  const error = Object.defineProperty(new GraphQLError({}), 'extensions', throwing)
  const cases: readonly (readonly [title: string, response: object])[] = [
    ['where a getter of the response throws', Object.defineProperty({}, 'errors', throwing)],
    ['where a getter of an error throws', { errors: [error] }],
  ]
  for (const [title, response] of cases) {
    test(title, () => {
      const { faults } = requestSlots()
      storeErrors({}, response)
      assert.equal(requestSlots().faults, faults + 1)
    })
  }
})
