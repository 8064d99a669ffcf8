import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeBelow, placeIn } from '../../src/files/private-place.ts'
import { userDirectory } from '../../src/files/trusted.ts'
import { withoutUserIds } from '../support/files/foreign-systems.ts'

test('A private place belongs to the user of this process alone', () => {
  const user = process.getuid?.() ?? null
  assert.deepEqual(placeIn('/run/own', '1-a'), { path: '/run/own/1-a', user, isOpen: false })
})

test('A private place below a public parent is in the directory of this user', () => {
  assert.equal(placeBelow('/tmp', '1-a').path, `${userDirectory('/tmp')}/1-a`)
})

test('A private place belongs to no user on a system without user ids', () => {
  const place = withoutUserIds(() => placeBelow('/tmp', '1-a'))
  assert.equal(place.user, null)
  assert.equal(place.path, '/tmp/gunicorn-prometheus-exporter-user/1-a')
})
