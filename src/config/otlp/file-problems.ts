import { createPrivateKey, X509Certificate } from 'node:crypto'
import type * as Tls from 'node:tls'
import { failureOf } from '../../files/failure-of.ts'
import { readSmall } from '../../files/small-file.ts'
import { isPem, quoted } from '../../log/redact.ts'
import { createRequire } from '../../support/process/create-require.ts'
import { type OtlpVariable, otlpVariable, type Variables } from '../otlp-variable.ts'
import { ignored, type Problem, wrongValue } from '../problem.ts'
import { noProblems, type Problems } from '../problems.ts'
import { hasTls } from './endpoint-problems.ts'

/** Problems of the files of TLS. Without TLS, the files have no effect. */
export function fileProblems(variables: Variables): Problems {
  const certificate = otlpVariable(variables, 'CLIENT_CERTIFICATE')
  const key = otlpVariable(variables, 'CLIENT_KEY')
  const client = [
    ...checked(certificate, (path) => new X509Certificate(readSmall(path))),
    ...checked(key, (path) => createPrivateKey(readSmall(path))),
  ]
  const problems = [
    ...checked(otlpVariable(variables, 'CERTIFICATE'), (path) => {
      new X509Certificate(readSmall(path))
    }),
    ...client,
    ...(client.length === 0 ? pairProblems(certificate, key) : []),
  ]
  if (hasTls(variables)) return { ...noProblems, faults: problems }
  return { ...noProblems, warnings: problems.map((problem) => ignored(problem)) }
}

const allowed = 'a file that can be used'

function checked(found: OtlpVariable | undefined, read: (path: string) => unknown): Problem[] {
  if (!found) return []
  const { name: key, text } = found
  if (isPem(text)) return [wrongValue(key, quoted(text), allowed)]
  const reason = failureOf(() => read(text))
  if (reason === undefined) return []
  const got = JSON.stringify(text)
  return [{ key, got, allowed, message: `${key} is ${got}: ${reason}.` }]
}

/** A client shows both, or none. */
function pairProblems(
  certificate: OtlpVariable | undefined,
  key: OtlpVariable | undefined,
): Problem[] {
  if (certificate && key) return mismatch(certificate, key)
  const given = certificate ?? key
  if (!given) return []
  const other = certificate ? 'CLIENT_KEY' : 'CLIENT_CERTIFICATE'
  const missing = given.name.replace(/CLIENT_\w+$/, other)
  const message = `${missing} is not given; ${given.name} requires the other file.`
  return [{ key: missing, got: null, allowed: 'a value', message }]
}

/** Any path will do, because a built-in module has none. A bundle may have no `import.meta`. */
const load = createRequire(process.execPath)

function mismatch(certificate: OtlpVariable, key: OtlpVariable): Problem[] {
  const reason = failureOf(() => {
    const tls = load('node:tls') as typeof Tls
    tls.createSecureContext({ cert: readSmall(certificate.text), key: readSmall(key.text) })
  })
  if (reason === undefined) return []
  const message = `${certificate.name} and ${key.name} do not go together: ${reason}.`
  const got = JSON.stringify(certificate.text)
  return [{ key: certificate.name, got, allowed: 'the certificate of the key', message }]
}
