import { judgePort } from '../../../../src/commands/doctor/checks/port.ts'
import {
  pageFacts,
  preloaded,
  processView,
  refusedReply,
  table,
} from '../../../support/doctor/judgements.ts'

const port = {
  address: { kind: 'tcp', host: '0.0.0.0', port: 9_091 } as const,
  names: { port: 'PORT', address: 'ADDRESS' },
  holder: undefined,
  pid: undefined,
  parent: undefined,
  page: pageFacts({ page: refusedReply, kind: { kind: 'other' } }),
  leastPort: 1_024,
  hosts: ['10.0.0.7'],
}
const other = pageFacts({ kind: { kind: 'other' } })

table('The check of the port', judgePort, [
  ['nothing', port, ['port-free']],
  ['nothing beside a process', { ...port, pid: 10 }, ['port-silent']],
  ['a port of the system', { ...port, address: { ...port.address, port: 0 } }, ['port-chosen']],
  ['a low port', { ...port, address: { ...port.address, port: 80 } }, ['port-privileged']],
  [
    'another host',
    { ...port, address: { ...port.address, host: '10.0.0.8' } },
    ['address-foreign'],
  ],
  [
    'an address of this host',
    { ...port, address: { ...port.address, host: '10.0.0.7' } },
    ['port-free'],
  ],
  ['an exporter', { ...port, holder: processView(), page: pageFacts() }, ['ok']],
  ['a hidden exporter', { ...port, page: pageFacts() }, ['ok']],
  ['a hidden program', { ...port, page: other }, ['port-taken']],
  ['another program', { ...port, holder: processView(), page: other }, ['port-taken']],
  ['a silent program', { ...port, holder: processView() }, ['port-taken']],
  ['a silent exporter', { ...port, holder: processView({ command: preloaded }) }, ['ok']],
  [
    'the primary of a worker',
    { ...port, holder: processView(), pid: 11, parent: 10, page: pageFacts() },
    ['ok'],
  ],
  ['the own process', { ...port, holder: processView(), pid: 10, page: pageFacts() }, ['ok']],
  [
    'a child of the process',
    { ...port, holder: processView({ parent: 9 }), pid: 9, page: pageFacts() },
    ['ok'],
  ],
  [
    'another exporter',
    { ...port, holder: processView(), pid: 99, page: pageFacts() },
    ['port-of-another-exporter'],
  ],
])
