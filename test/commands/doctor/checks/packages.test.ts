import { copiesFindings } from '../../../../src/commands/doctor/checks/packages.ts'
import { table } from '../../../support/doctor/judgements.ts'

const api = (version: string, directory: string) => ({
  name: '@opentelemetry/api',
  version,
  directory,
})
const own = (version: string, directory: string) => ({
  name: 'gunicorn-prometheus-exporter',
  version,
  directory,
})
const copies = {
  ...{ directory: '/srv', isCut: false, copies: [] },
  api: api('1.9.0', '/a'),
  instrumentations: [],
}

table('The check of packages', copiesFindings, [
  ['one copy', copies, ['ok']],
  ['no copy', { ...copies, api: undefined }, ['ok']],
  [
    'an instrumentation without its package',
    { ...copies, instrumentations: ['the package x is missing: npm install x'] },
    ['instrumentation-package'],
  ],
  ['the same copy twice', { ...copies, copies: [api('1.9.0', '/a')] }, ['ok']],
  ['two copies', { ...copies, copies: [api('1.9.1', '/b')] }, ['api-copies']],
  ['two minor versions', { ...copies, copies: [api('1.10.0', '/b')] }, ['api-versions']],
  ['a cut search', { ...copies, isCut: true }, ['unknown']],
  [
    'two versions of this package',
    { ...copies, copies: [own('1.0.0', '/b'), own('1.1.0', '/c')] },
    ['exporter-copies'],
  ],
])
