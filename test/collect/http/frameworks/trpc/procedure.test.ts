import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type ProcedureCall,
  procedureTemplate,
} from '../../../../../src/collect/http/frameworks/trpc/procedure.ts'
import { frameworkLimits } from '../../../../../src/limits/frameworks.ts'

const procedures = { plain: {}, 'users.byId': {}, 'with space': {} }
const router = { _def: { procedures } }

describe('procedureTemplate', () => {
  const rows: [title: string, call: ProcedureCall, expected: string | undefined][] = [
    ['the procedure', { path: 'users.byId' }, '/users.byId'],
    ['one name for a batch', { path: 'plain,users.byId' }, '/_batch'],
    ['one name for another order', { path: 'users.byId,plain' }, '/_batch'],
    ['the procedure of a batch of equal calls', { path: 'plain,plain,plain' }, '/plain'],
    ['one name for a batch with an unknown procedure', { path: 'plain,none' }, '/_batch'],
    ['nothing for an unknown procedure', { path: 'none' }, undefined],
    ['nothing for a batch of unknown procedures', { path: 'none,other' }, undefined],
    ['nothing for a method of every object', { path: 'toString' }, undefined],
    ['nothing for an empty path', { path: '' }, undefined],
    ['a batch with an encoded comma', { path: 'plain%2Cusers.byId' }, '/_batch'],
    ['an encoded procedure', { path: 'with%20space' }, '/with space'],
    ['nothing for a bad encoding', { path: '%zz' }, undefined],
    ['the base of a server', { path: 'plain', basePath: '/api/trpc/' }, '/api/trpc/plain'],
    ['the mount of Express', { path: 'plain', req: { baseUrl: '/trpc' } }, '/trpc/plain'],
    ['a mount without ids', { path: 'plain', req: { baseUrl: '/orgs/42' } }, '/orgs/:id/plain'],
  ]
  for (const [title, call, expected] of rows) {
    it(`returns ${title}`, () => {
      assert.equal(procedureTemplate({ router, ...call }), expected)
    })
  }

  it('names at most frameworkLimits.unknownMounts mounts beyond the first', () => {
    const own = { _def: { procedures } }
    const templates = new Set<unknown>()
    for (let count = 0; count < 2 * frameworkLimits.unknownMounts; count += 1) {
      const at = (path: string): unknown =>
        procedureTemplate({ router: own, path, req: { baseUrl: `/tenant${'x'.repeat(count)}` } })
      templates.add(at('plain'))
    }
    assert.ok(templates.size <= frameworkLimits.unknownMounts + 2, `${templates.size} templates`)
    assert.ok(templates.has('/plain'))
    const first = { router: own, path: 'users.byId', req: { baseUrl: '/tenant' } }
    assert.equal(procedureTemplate(first), '/tenant/users.byId')
  })

  it('throws for an unknown form of a router or of a call', () => {
    assert.throws(() => procedureTemplate({ router: {}, path: 'plain' }), /another form/)
    assert.throws(() => procedureTemplate({ router }), /another form/)
  })
})
