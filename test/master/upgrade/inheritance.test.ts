import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inheritanceOf, takeInheritance } from '../../../src/master/upgrade/inheritance.ts'
import type { HandOverOffer } from '../../../src/share/hand-over/offer.ts'

const sockets = { descriptors: [20, 21], text: '[{"key":"a"},{"key":"b"}]' }
const offer: HandOverOffer = {
  version: 2,
  port: 4_711,
  token: 'a'.repeat(64),
  endpoint: { descriptor: 30, address: '{}' },
}

/** Takes what the master before has put into the environment. */
function taken(environment: Record<string, string>): ReturnType<typeof takeInheritance> {
  const variables = new Map(Object.entries(environment))
  return takeInheritance((name) => {
    const value = variables.get(name)
    variables.delete(name)
    return value
  })
}

describe('inheritanceOf and takeInheritance', () => {
  test('hand the endpoint over after the sockets of the application', () => {
    const { descriptors, text, variables } = inheritanceOf(sockets, offer)
    assert.deepEqual(descriptors, [20, 21, 30])
    const { socketsText, predecessor } = taken({ GUNICORN_SOCKETS: text, ...variables })
    assert.equal(socketsText, sockets.text)
    assert.equal(predecessor?.pid, process.ppid)
    // stdin, stdout, stderr and the two sockets come before.
    assert.deepEqual(predecessor?.offer?.endpoint, { descriptor: 5, address: '{}' })
    assert.equal(predecessor?.offer?.token, offer.token)
  })

  test('hand metrics over without an endpoint', () => {
    const without = { ...offer, endpoint: undefined }
    const { descriptors, text, variables } = inheritanceOf(sockets, without)
    assert.deepEqual(descriptors, sockets.descriptors)
    const { socketsText, predecessor } = taken({ GUNICORN_SOCKETS: text, ...variables })
    assert.equal(socketsText, sockets.text)
    assert.deepEqual(predecessor?.offer, without)
  })

  test('hand sockets over without an exporter', () => {
    const { text, variables } = inheritanceOf(sockets, undefined)
    assert.deepEqual(variables, {})
    assert.deepEqual(taken({ GUNICORN_SOCKETS: text }), {
      socketsText: sockets.text,
      predecessor: { pid: process.ppid, offer: undefined },
    })
  })

  test('find no predecessor in another environment', () => {
    const nothing = { socketsText: undefined, predecessor: undefined }
    assert.deepEqual(taken({}), nothing)
    const { variables } = inheritanceOf(sockets, offer)
    assert.deepEqual(taken(variables), nothing)
  })

  for (const text of ['{', '7']) {
    test(`take no endpoint beside the invalid list ${text}`, () => {
      const { variables } = inheritanceOf(sockets, offer)
      assert.equal(taken({ GUNICORN_SOCKETS: text, ...variables }).socketsText, text)
    })
  }
})
