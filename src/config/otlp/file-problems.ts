import { failureOf } from '../../files/failure-of.ts'
import { assertPair, readCertificate, readPrivateKey } from '../../files/tls-files.ts'
import { isPem, quoted } from '../../log/redact.ts'
import { type OtlpVariable, otlpVariable, type Variables } from '../otlp-variable.ts'
import { ignored, type Problem, wrongValue } from '../problem.ts'
import { noProblems, type Problems } from '../problems.ts'
import { hasTls } from './endpoint-problems.ts'

/** Problems of the files of TLS. Without TLS, the files have no effect. */
export function fileProblems(variables: Variables): Problems {
  const certificate = otlpVariable(variables, 'CLIENT_CERTIFICATE')
  const key = otlpVariable(variables, 'CLIENT_KEY')
  const client = [...checked(certificate, readCertificate), ...checked(key, readPrivateKey)]
  const problems = [
    ...checked(otlpVariable(variables, 'CERTIFICATE'), readCertificate),
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
  return [{ code: 'GPE_SETTING_FILE', key, got, allowed, message: `${key} is ${got}: ${reason}.` }]
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
  return [{ code: 'GPE_SETTING_MISSING', key: missing, got: null, allowed: 'a value', message }]
}

function mismatch(certificate: OtlpVariable, key: OtlpVariable): Problem[] {
  const reason = failureOf(() => assertPair(certificate.text, key.text))
  if (reason === undefined) return []
  const message = `${certificate.name} and ${key.name} do not go together: ${reason}.`
  const got = JSON.stringify(certificate.text)
  return [
    {
      code: 'GPE_SETTING_FILE',
      key: certificate.name,
      got,
      allowed: 'the certificate of the key',
      message,
    },
  ]
}
