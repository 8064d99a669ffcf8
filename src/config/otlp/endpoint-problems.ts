import { quoted } from '../../log/redact.ts'
import { type OtlpVariable, otlpVariable, type Variables } from '../otlp-variable.ts'
import { type Problem, unusedSetting, wrongValue } from '../problem.ts'
import { noProblems, type Problems } from '../problems.ts'
import { readProtocol } from './protocol.ts'

/** Problems of the endpoint: what OTel's exporters make of the text. */
export function endpointProblems(variables: Variables): Problems {
  const found = otlpVariable(variables, 'ENDPOINT')
  if (!found) return noProblems
  const isGrpc = readProtocol(variables).protocol === 'grpc'
  return isGrpc ? grpcProblems(found, variables) : httpProblems(found)
}

/** The note about an endpoint to which nothing goes: OTel's own SDK pushes by default. */
export function unusedEndpoint(variables: Variables, exporters: string): Problem[] {
  const { name } = otlpVariable(variables, 'ENDPOINT') ?? {}
  if (name === undefined) return []
  return [unusedSetting(name, `${name} has no effect here, because ${exporters} has no otlp.`)]
}

function httpProblems(found: OtlpVariable): Problems {
  const url = parsed(found.text)
  if (!(url && /^https?:$/.test(url.protocol))) {
    const allowed = 'a URL of http:// or https://'
    return { ...noProblems, faults: [wrongValue(found.name, quoted(found.text), allowed)] }
  }
  const hints = [
    ...(url.port === '4317' ? ['4317 is the usual port of gRPC; HTTP has 4318'] : []),
    ...pathHints(found.name, url),
  ]
  return { ...noProblems, warnings: hints.map((hint) => doubt(found, hint)) }
}

/** OTel appends the path to the variable of all signals, and takes the other variable as it is. */
function pathHints(name: string, { pathname: path, search, hash }: URL): string[] {
  if (name.includes('_METRICS_')) {
    return path === '/' ? ['metrics go to the path /; a Collector takes /v1/metrics'] : []
  }
  if (search !== '' || hash !== '') {
    return [`OpenTelemetry appends /v1/metrics behind "${search === '' ? '#' : '?'}"`]
  }
  const isTwice = /\/v1\/metrics\/?$/.test(path)
  return isTwice ? [`metrics go to the path ${path.replace(/\/$/, '')}/v1/metrics`] : []
}

const grpcForms =
  'http://host:port, https://host:port, unix:///path, or host:port, which has TLS unless ' +
  'OTEL_EXPORTER_OTLP_INSECURE is true'

/** OTel's exporter takes other schemes for TLS, and looks for `http://` in lower case. */
function grpcProblems(found: OtlpVariable, variables: Variables): Problems {
  const { name, text } = found
  if (text.startsWith('unix://')) return noProblems
  const scheme = /^(\w{1,8}):\/\//.exec(text)?.[1]
  const url = parsed(scheme === undefined ? `https://${text}` : text)
  const isKnown = scheme === undefined || /^https?$/.test(scheme)
  if (!(url && isKnown)) {
    return { ...noProblems, faults: [wrongValue(name, quoted(text), grpcForms)] }
  }
  const isTls = scheme === undefined && !isInsecure(variables)
  const tls = `gRPC connects with TLS; without TLS, write http://${url.host}`
  return {
    faults: [],
    warnings: grpcHints(text, url).map((hint) => doubt(found, hint)),
    notes: isTls && !otlpVariable(variables, 'CERTIFICATE') ? [doubt(found, tls)] : [],
  }
}

/** The exporter takes the host of the URL, which omits the default port of the scheme. */
function grpcHints(text: string, { port, pathname, username }: URL): string[] {
  const lacksPort = port === '' && !/^https:|:443$/.test(text)
  return [
    ...(lacksPort ? ['gRPC connects to port 443; a Collector has 4317'] : []),
    ...(port === '4318' ? ['4318 is the usual port of HTTP; gRPC has 4317'] : []),
    ...(pathname === '/' ? [] : ['gRPC ignores the path']),
    ...(username === '' ? [] : ['gRPC ignores user and password; use the headers']),
  ]
}

/** Whether a connection to the endpoint has TLS. */
export function hasTls(variables: Variables): boolean {
  const { text = 'http://' } = otlpVariable(variables, 'ENDPOINT') ?? {}
  if (readProtocol(variables).protocol !== 'grpc') return /^https:/i.test(text)
  return text.startsWith('https://') || !(text.startsWith('http://') || isInsecure(variables))
}

function isInsecure(variables: Variables): boolean {
  return otlpVariable(variables, 'INSECURE')?.text.toLowerCase() === 'true'
}

function doubt({ name, text }: OtlpVariable, hint: string): Problem {
  const got = quoted(text)
  return {
    code: 'GPE_SETTING_OTLP',
    key: name,
    got,
    allowed: null,
    message: `${name} is ${got}: ${hint}.`,
  }
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
