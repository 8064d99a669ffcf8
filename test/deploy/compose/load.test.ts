import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds, plan } from '../../../deploy/compose/load/mix.js'
import { resolveSettings } from '../../../deploy/compose/load/settings.js'

test('A plan has each kind by its weight, and spreads the kinds', () => {
  const requests = plan([
    { name: 'home', weight: 3 },
    { name: 'search', weight: 1 },
  ])
  const paths = Array.from({ length: 8 }, () => requests.next().value.path)
  const { home, search } = kinds
  const round = [home.path, home.path, search.path, home.path]
  assert.deepEqual(paths, [...round, ...round])
})

test('A plan gives no request of a kind with the weight 0', () => {
  const requests = plan([
    { name: 'home', weight: 1 },
    { name: 'search', weight: 0 },
  ])
  for (let count = 0; count < 10; count += 1) assert.equal(requests.next().value, kinds.home)
})

test('The default mix has every kind', () => {
  const { mix } = resolveSettings({})
  assert.deepEqual(mix.map(({ name }) => name).sort(), Object.keys(kinds).sort())
})

for (const [variables, message] of [
  [{ RATE: '201' }, /RATE is 201; it must be between 0.1 and 200/],
  [{ RATE: 'many' }, /RATE is many/],
  [{ DURATION_SECONDS: '-1' }, /DURATION_SECONDS is -1/],
  [{ TARGETS: '' }, /TARGETS needs 1 to 16 addresses/],
  [{ TARGETS: Array.from({ length: 17 }, () => 'http://a').join() }, /TARGETS needs 1 to 16/],
  [{ MIX: 'homes=1' }, /MIX has homes=1; it needs a name of home, products/],
  [{ MIX: 'toString=1' }, /MIX has toString=1/],
  [{ MIX: 'home=0' }, /MIX needs a weight above 0/],
  [{ FAULTS: '../crash' }, /FAULTS has \.\.\/crash, which is not a route/],
] as const) {
  test(`The load refuses ${JSON.stringify(variables).slice(0, 40)}`, () => {
    assert.throws(() => resolveSettings(variables), message)
  })
}
