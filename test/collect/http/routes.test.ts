import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameworks } from '../../../src/collect/http/frameworks/frameworks.ts'
import { isPlain } from '../../../src/collect/http/routes.ts'
import { Random } from '../../support/random.ts'

/** Each form in which a framework leaves a field, and fields that mean nothing. */
const requestFields: readonly (readonly [key: string | symbol, value: unknown])[] = [
  ['route', { path: '/restify', spec: {} }],
  ['route', { path: '/express', stack: [] }],
  ['app', Object.assign(() => {}, { mountpath: '/' })],
  ['_query', { transport: 'polling' }],
  [
    Symbol.for('NextInternalRequestMeta'),
    { match: { definition: { pathname: '/next/[id]', page: '/next/[id]' } } },
  ],
  ['url', '/socket.io/?transport=polling'],
  ['originalUrl', '/mount/users'],
  ['baseUrl', '/mount'],
  ['res', { statusCode: 200 }],
  ['body', {}],
]
const responseFields: readonly (readonly [key: string, value: unknown])[] = [
  ['err', new RangeError('no')],
  ['_handlersFinished', 1],
  ['locals', {}],
]

test('no reader of fields finds anything on a plain request', () => {
  const random = new Random(17)
  let plain = 0
  let found = 0
  for (let turn = 0; turn < 5_000; turn += 1) {
    const request = objectOf(requestFields, random)
    const response = objectOf(responseFields, random)
    const isFound = isRead(request, response)
    const hasNone = isPlain(request, response)
    assert.ok(!(hasNone && isFound), JSON.stringify([request, response]))
    if (isFound) found += 1
    if (hasNone) plain += 1
  }
  assert.ok(plain > 10 && found > 10, `${plain} plain, ${found} with a field`)
})

test('a request is not plain if a getter of the application throws', () => {
  const request = {
    get route(): never {
      throw new Error('no')
    },
  }
  assert.equal(isPlain(request, {}), false)
})

test('each reader looks at a field that a plain request lacks', () => {
  const known = keysRead((request, response) => isPlain(request, response))
  const readers = frameworks.flatMap(({ fields }) => [fields?.templateOf, fields?.errorOf])
  for (const reader of readers.filter((each) => each !== undefined)) {
    const read = keysRead(reader)
    assert.ok(
      [...read].some((key) => known.has(key)),
      `${[...read].map(String)}`,
    )
  }
})

/** The fields that `act` reads, of a request and a response without any. */
function keysRead(act: (request: object, response: object) => unknown): ReadonlySet<PropertyKey> {
  const keys = new Set<PropertyKey>()
  const bare = new Proxy(
    {},
    {
      get(_target, key) {
        keys.add(key)
      },
    },
  )
  act(bare, bare)
  return keys
}

function objectOf(
  fields: readonly (readonly [key: string | symbol, value: unknown])[],
  random: Random,
): object {
  return Object.fromEntries(random.some(fields, 0.2))
}

/** Whether a framework would find a route or an error, or meets a form that it does not know. */
function isRead(request: object, response: object): boolean {
  return frameworks.some(({ fields }) => {
    try {
      const error = fields?.errorOf?.(request, response)
      return fields?.templateOf?.(request) !== undefined || (error ?? undefined) !== undefined
    } catch {
      return true
    }
  })
}
