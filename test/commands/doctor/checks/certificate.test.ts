import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nameFindings, timeFindings } from '../../../../src/commands/doctor/checks/certificate.ts'
import { table } from '../../../support/doctor/judgements.ts'

const validity = { validFrom: 'Nov  1 00:00:00 2026 GMT', validTo: 'Dec  1 00:00:00 2026 GMT' }

table('The time of a certificate', (now: string) => timeFindings(validity, 'c', Date.parse(now)), [
  ['the middle', '2026-11-10T00:00:00Z', []],
  ['the last days', '2026-11-20T00:00:00Z', ['certificate-expires']],
  ['the time after', '2026-12-02T00:00:00Z', ['certificate-expired']],
  ['the time before', '2026-10-30T00:00:00Z', ['certificate-not-yet-valid']],
])

const file = join(import.meta.dirname, '../../../fixtures/tls/localhost.crt')
const localhost = new X509Certificate(readFileSync(file))

table('The names of a certificate', (host: string) => nameFindings(localhost, host, 'c'), [
  ['its name', 'localhost', []],
  ['another name', 'example.org', ['certificate-name']],
  ['another address', '[2001:db8::1]', ['certificate-name']],
])
