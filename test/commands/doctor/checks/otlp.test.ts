import { judgeOutcome } from '../../../../src/commands/doctor/checks/otlp.ts'
import { unavailable } from '../../../../src/push/answers/outcome.ts'
import { table } from '../../../support/doctor/judgements.ts'

const receiver = { lookedAt: 'r', key: 'K', protocolKey: 'P', protocol: 'grpc', port: '4318' }
const refusal = (status: string) =>
  ({ kind: 'refused', concerns: 'receiver', status, reason: `${status} x` }) as const

table(
  'The check of OTLP',
  (given: Parameters<typeof judgeOutcome>[0]) => judgeOutcome(given, receiver),
  [
    ['success', { kind: 'accepted', partialSuccess: undefined }, ['ok']],
    ['a closed port', unavailable('connect ECONNREFUSED 127.0.0.1:4317'), ['otlp-unreachable']],
    ['another protocol', unavailable('Parse Error: Expected HTTP/'), ['otlp-protocol']],
    ['TLS', unavailable('x (the endpoint is https://; the port may have no TLS)'), ['otlp-tls']],
    ['an unknown authority', unavailable('self-signed certificate'), ['otlp-tls']],
    ['401', refusal('401'), ['otlp-credentials']],
    ['UNAUTHENTICATED', refusal('UNAUTHENTICATED'), ['otlp-credentials']],
    ['404', refusal('404'), ['otlp-refused']],
  ],
)
