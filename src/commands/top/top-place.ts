import { findConfigFile } from '../../config/config-file.ts'
import { resolvedOf, resolveSettings } from '../../config/resolve/resolve.ts'
import type { Environment } from '../../config/resolve/resolved.ts'
import type { Settings } from '../../config/settings.ts'
import { configVariable, topPasswordVariable, topTokenVariable } from '../../config/variables.ts'
import { failureOf } from '../../files/failure-of.ts'
import { readSmall } from '../../files/small-file.ts'
import { assertPair, readCertificate } from '../../files/tls-files.ts'
import { quoted } from '../../log/redact.ts'
import { hostWithPort } from '../../model/address.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import type { OptionValues } from '../line/command-options.ts'
import type { ConnectionOptions } from './source/connection.ts'
import { parseTarget, type Target, targetForms, unixTarget } from './source/target.ts'

/** Where `top` reads, and with which credentials. */
export type TopPlace = ConnectionOptions

export interface PlaceQuestion {
  readonly url: string | undefined
  readonly values: OptionValues
  readonly environment: Environment
}

/** Adds each fault to `faults`, a sentence each. No sentence has a secret. */
export function readPlace(
  { url, values, environment }: PlaceQuestion,
  faults: CodedText[],
): { readonly place: TopPlace | undefined; readonly warnings: readonly CodedText[] } {
  const endpoint = url === undefined ? ownEndpoint(values, environment) : undefined
  const target = url === undefined ? endpoint?.target : parseTarget(url)
  if (target === undefined) {
    faults.push(coded('GPE_OPTION_VALUE', url === undefined ? noPort : notAnAddress(url)))
  }
  const secrets = givenSecrets(values, environment, faults)
  const tls = tlsOf(values, faults)
  if (target === undefined) return { place: undefined, warnings: [] }
  const authorization =
    authorizationOf(values, { target, ...secrets }, faults) ?? endpoint?.authorization(faults)
  const isInsecure = values['insecure'] === ''
  const warnings =
    isInsecure && target.protocol === 'https:' ? [coded('GPE_TOP_INSECURE', insecureText)] : []
  return { place: { target, authorization, tls }, warnings }
}

const noPort =
  'The configuration asks for any free port (port 0), so top needs the URL. The log of the ' +
  'application names the port.'

/** A URL can contain a password. */
function notAnAddress(url: string): string {
  const shown = url.includes('@') ? 'The URL (not shown, because of its password)' : quoted(url)
  return `${shown} is not an address. Allowed are ${targetForms}.`
}

interface OwnEndpoint {
  readonly target: Target | undefined
  readonly authorization: (faults: CodedText[]) => string | undefined
}

/** The endpoint of the configuration. Wrong settings have their defaults: `check` tells them. */
function ownEndpoint(values: OptionValues, environment: Environment): OwnEndpoint {
  const file = findConfigFile(values['config'] ?? environment[configVariable])
  const { settings } = resolvedOf(resolveSettings({ environment, file }))
  return {
    target: targetOf(settings),
    authorization: (faults) => ownAuthorization(settings, faults),
  }
}

function targetOf(settings: Settings): Target | undefined {
  const { bindAddress, metricsPort, sslEnabled, sslCertfile, sslKeyfile } = settings
  const socketPath = /^unix:(.+)$/.exec(bindAddress)?.[1]
  if (socketPath !== undefined) return unixTarget(socketPath)
  if (metricsPort === 0) return undefined
  const hasTls = sslEnabled !== false && sslCertfile !== undefined && sslKeyfile !== undefined
  const host = ['0.0.0.0', '::'].includes(bindAddress) ? 'localhost' : bindAddress
  return parseTarget(`${hasTls ? 'https' : 'http'}://${hostWithPort(host, metricsPort)}`)
}

function ownAuthorization(settings: Settings, faults: CodedText[]): string | undefined {
  const read = (text: string | undefined, path: string | undefined): string | undefined =>
    path === undefined ? text : secretOf(path, 'The configuration', faults)
  const { authUsername, authUsernameFile, authPassword, authPasswordFile } = settings
  const { authBearerToken, authBearerTokenFile } = settings
  const token = read(authBearerToken?.reveal(), authBearerTokenFile)
  if (token !== undefined) return `Bearer ${token}`
  const name = read(authUsername, authUsernameFile)
  const password = read(authPassword?.reveal(), authPasswordFile)
  return name !== undefined && password !== undefined ? basic(name, password) : undefined
}

interface Secrets {
  readonly password: string | undefined
  readonly token: string | undefined
}

function givenSecrets(
  values: OptionValues,
  environment: Environment,
  faults: CodedText[],
): Secrets {
  const read = (option: string, variable: string): string | undefined => {
    const path = values[option]
    if (path !== undefined) return secretOf(path, `--${option}`, faults)
    return environment[variable] || undefined
  }
  return {
    password: read('password-file', topPasswordVariable),
    token: read('token-file', topTokenVariable),
  }
}

function secretOf(path: string, option: string, faults: CodedText[]): string | undefined {
  let text = ''
  const failure = failureOf(() => {
    text = readSmall(path).replace(/\r?\n$/, '')
  })
  if (failure !== undefined) faults.push(coded('GPE_OPTION_FILE', `${option}: ${failure}.`))
  else if (text === '') faults.push(coded('GPE_OPTION_FILE', `${option}: ${path} is empty.`))
  else if (/[\r\n\0]/.test(text))
    faults.push(coded('GPE_OPTION_FILE', `${option}: ${path} has more than one line.`))
  else return text
  return undefined
}

/** Options come before the URL, and a user before a token. */
function authorizationOf(
  values: OptionValues,
  { target, password, token }: Secrets & { readonly target: Target },
  faults: CodedText[],
): string | undefined {
  const name = values['user']
  if (name !== undefined) {
    if (name.includes(':'))
      faults.push(coded('GPE_OPTION_VALUE', '--user: the name must not contain a colon.'))
    if (password !== undefined) return basic(name, password)
    if (values['password-file'] === undefined) {
      faults.push(
        coded(
          'GPE_OPTION_VALUE',
          `--user needs a password: give --password-file, or set ${topPasswordVariable}.`,
        ),
      )
    }
    return undefined
  }
  if (values['password-file'] !== undefined)
    faults.push(coded('GPE_OPTION_VALUE', '--password-file needs --user.'))
  if (target.user) return basic(target.user.name, target.user.password)
  return token === undefined ? undefined : `Bearer ${token}`
}

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

function tlsOf(values: OptionValues, faults: CodedText[]): ConnectionOptions['tls'] {
  const [ca, cert, key] = [values['ca-file'], values['cert-file'], values['key-file']]
  const told = (option: string, act: () => unknown): string | undefined => {
    const failure = failureOf(act)
    if (failure !== undefined) faults.push(coded('GPE_OPTION_FILE', `${option}: ${failure}.`))
    return failure
  }
  if ((cert === undefined) !== (key === undefined)) {
    faults.push(coded('GPE_OPTION_VALUE', '--cert-file and --key-file belong together: give both.'))
  }
  const isInsecure = values['insecure'] === ''
  const authority = ca !== undefined && told('--ca-file', () => readCertificate(ca)) === undefined
  const hasPair = cert !== undefined && key !== undefined
  const isPair =
    hasPair && told('--cert-file and --key-file', () => assertPair(cert, key)) === undefined
  return {
    rejectUnauthorized: !isInsecure,
    ...(authority ? { ca: readSmall(ca) } : {}),
    ...(isPair ? { cert: readSmall(cert), key: readSmall(key) } : {}),
  }
}

const insecureText =
  '--insecure: another program can pretend to be the exporter, and read the credentials.'
