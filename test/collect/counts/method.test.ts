import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { describe, test } from 'node:test'
import {
  knownMethod,
  methodCount,
  methodName,
  methodNumber,
} from '../../../src/collect/counts/method.ts'
import { other } from '../../../src/model/endpoint.ts'

describe('the label of the method', () => {
  const known = 'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' ')
  for (const method of known) {
    test(`${method} is ${method}`, () => assert.equal(knownMethod(method), method))
  }

  const unknown = [
    undefined,
    '',
    'get',
    'Get',
    'GET ',
    'PROPFIND',
    'BREW',
    'constructor',
    'x'.repeat(9),
  ]
  for (const method of unknown) {
    test(`${String(method)} is ${other}`, () => assert.equal(knownMethod(method), other))
  }

  test('has few values for all methods that Node parses', () => {
    const shown = new Set(METHODS.map(knownMethod))
    assert.ok(shown.size <= known.length + 1)
    assert.ok(shown.has(other))
  })
})

test('Each method number has its name, and other numbers have the name of the others', () => {
  for (let number = 0; number < methodCount; number += 1) {
    assert.equal(methodNumber(methodName(number)), number)
  }
  assert.equal(methodName(methodCount), other)
})
