import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseTarget } from '../../../../src/commands/top/source/target.ts'

describe('An address of top', () => {
  const good: Readonly<Record<string, string>> = {
    'http://shop:9091': 'http: shop 9091  http://shop:9091',
    'http://shop': 'http: shop 80  http://shop',
    'https://shop/prefix/': 'https: shop 443 /prefix https://shop/prefix',
    'http://shop:9091/metrics': 'http: shop 9091  http://shop:9091',
    'http://shop/a/live': 'http: shop 80 /a http://shop/a',
    'shop:80': 'http: shop 80  http://shop',
    shop: 'http: shop 9091  http://shop:9091',
    ':9100': 'http: localhost 9100  http://localhost:9100',
    '10.0.0.7/x': 'http: 10.0.0.7 9091 /x http://10.0.0.7:9091/x',
    '[::1]:9091': 'http: ::1 9091  http://[::1]:9091',
  }
  for (const [given, expected] of Object.entries(good)) {
    test(`can be ${given}`, () => {
      const target = parseTarget(given)
      assert.ok(target)
      const { protocol, host, port, path, shown } = target
      assert.equal(`${protocol} ${host} ${port} ${path} ${shown}`, expected)
    })
  }

  test('can be a unix socket', () => {
    assert.equal(parseTarget('unix:/run/a.sock')?.socketPath, '/run/a.sock')
    assert.equal(parseTarget('unix:///run/a.sock')?.socketPath, '/run/a.sock')
  })

  test('can have a user and a password, which are not shown', () => {
    const target = parseTarget('http://ann:p%40ss@shop:9091')
    assert.deepEqual(target?.user, { name: 'ann', password: 'p@ss' })
    assert.equal(target?.shown, 'http://shop:9091')
  })

  for (const wrong of ['', 'ftp://shop', 'http://', 'a b', 'unix:relative', 'shop:99999', '//']) {
    test(`cannot be ${JSON.stringify(wrong)}`, () => assert.equal(parseTarget(wrong), undefined))
  }
})
