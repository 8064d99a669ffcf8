import { judgePage, reachFindings } from '../../../../src/commands/doctor/checks/page.ts'
import type { PageFacts } from '../../../../src/commands/doctor/facts/page-facts.ts'
import {
  answer,
  exporter,
  pageFacts,
  refusedReply,
  table,
} from '../../../support/doctor/judgements.ts'

const other = pageFacts({ kind: { kind: 'other' } })
const expected = { lookedAt: 'page', address: 'http://h', isExpected: true }

table(
  'The check of the page',
  ([given, isExpected, isGiven = false]: readonly [PageFacts, boolean, boolean?]) =>
    judgePage(given, { ...expected, isExpected, isGiven }),
  [
    ['a page', [pageFacts(), true], ['ok']],
    ['no answer', [pageFacts({ page: refusedReply }), true], ['page-unreachable']],
    [
      'no answer of a program that does not run',
      [pageFacts({ page: refusedReply }), false],
      ['skipped'],
    ],
    ['another program at the URL', [other, true, true], ['page-foreign']],
    ['another program, which the check of the port names', [other, true], ['skipped']],
    ['Python', [pageFacts({ kind: { kind: 'python' } }), true], ['page-of-python']],
    ['an error', [pageFacts({ page: answer(503, 'no memory') }), true], ['page-fails']],
    [
      'another version',
      [pageFacts({ kind: { ...exporter, version: '0.0.1' } }), true],
      ['page-other-version'],
    ],
  ],
)

table(
  'The reach of the page',
  ([address, isOpen]: readonly [string, boolean]) =>
    reachFindings(address, { lookedAt: 'page', isOpen }),
  [
    ['all interfaces', ['0.0.0.0', true], ['page-open']],
    ['all interfaces with a password', ['0.0.0.0', false], []],
    ['the loopback interface', ['127.0.0.1', true], ['page-loopback']],
    ['a socket', ['unix:/run/x', true], ['page-loopback']],
  ],
)
