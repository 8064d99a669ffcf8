import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { nameOf } from '../../../config/setting-names.ts'
import type { Settings } from '../../../config/settings.ts'
import { failureOf } from '../../../files/failure-of.ts'
import { assertPair, readCertificate, readPrivateKey } from '../../../files/tls-files.ts'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { type Finding, finding, fine, skipped } from '../catalog/finding.ts'
import { shownPlace } from '../facts/place.ts'
import type { Target } from '../facts/target.ts'
import { exposed, isExposed } from './authentication.ts'

/** Looks at the files of TLS, and at the certificate that the endpoint shows. */
export async function certificateFindings(target: Target): Promise<Finding[]> {
  const { place, options } = target
  const lookedAt = `the certificate of ${shownPlace(place)}`
  if (place.scheme === 'http') return [skipped('certificate', 'TLS', 'The endpoint has no TLS.')]
  const shown = await shownCertificate(target)
  if (options.url) return ofUrl(shown, options.url, lookedAt)
  return ofFiles(target, shown, lookedAt)
}

function ofUrl(shown: X509Certificate | undefined, url: URL, lookedAt: string): Finding[] {
  if (!shown) return [unshown(lookedAt)]
  const found = [...timeFindings(shown, lookedAt), ...nameFindings(shown, url.hostname, lookedAt)]
  return found.length > 0 ? found : [good(shown, lookedAt)]
}

function ofFiles(
  { endpoint: { tls }, settings }: Target,
  shown: X509Certificate | undefined,
  lookedAt: string,
): Finding[] {
  if (!tls) return [unshown(lookedAt)]
  const files = pairFindings(settings, tls)
  if (files.some(({ level }) => level === 'problem')) return files
  const own = readCertificate(tls.certfile)
  const times = timeFindings(own, lookedAt)
  const found = [...files, ...times, ...replacedFindings(own, shown, lookedAt)]
  return found.length > 0 ? found : [good(own, lookedAt)]
}

function unshown(lookedAt: string): Finding {
  return skipped('certificate', lookedAt, 'The endpoint shows no certificate.')
}

function good(certificate: X509Certificate, lookedAt: string): Finding {
  return fine('certificate', lookedAt, `The certificate ends ${endOf(certificate)}.`)
}

async function shownCertificate({ page }: Target): Promise<X509Certificate | undefined> {
  const { page: reply } = await page
  const raw = reply.kind === 'answer' ? reply.certificate?.raw : undefined
  return raw && new X509Certificate(raw)
}

interface Files {
  readonly certfile: string
  readonly keyfile: string
}

function pairFindings(settings: Settings, { certfile, keyfile }: Files): Finding[] {
  const [certificate, key] = [nameOf(settings, 'sslCertfile'), nameOf(settings, 'sslKeyfile')]
  const unreadable = [
    ...unreadableFindings(certificate, certfile, readCertificate),
    ...unreadableFindings(key, keyfile, readPrivateKey),
  ]
  if (unreadable.length > 0) return unreadable
  const reason = failureOf(() => assertPair(certfile, keyfile))
  const lookedAt = `the files ${certfile} and ${keyfile}`
  const words = { certificate, key }
  return [
    ...(reason === undefined
      ? []
      : [finding('certificate-key', { lookedAt, found: `${sentence(reason)}.`, words })]),
    ...(isExposed(keyfile) ? [exposed('key-exposed', keyfile)] : []),
  ]
}

function unreadableFindings(
  setting: string,
  path: string,
  read: (path: string) => unknown,
): Finding[] {
  const reason = failureOf(() => read(path))
  if (reason === undefined) return []
  const told = { lookedAt: `the file ${path}`, found: `${sentence(reason)}.`, words: { setting } }
  return [finding('certificate-unreadable', told)]
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

/** Judges the time of a certificate. @param now Unix milliseconds. */
export function timeFindings(
  certificate: Pick<X509Certificate, 'validFrom' | 'validTo'>,
  lookedAt: string,
  now: number = Date.now(),
): Finding[] {
  const [begin, end] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  const told = { lookedAt, found: `The certificate is valid ${periodOf(begin, end)}.` }
  if (now > end) return [finding('certificate-expired', told)]
  if (now < begin) return [finding('certificate-not-yet-valid', told)]
  return end - now < doctorLimits.certificateMs ? [finding('certificate-expires', told)] : []
}

function periodOf(begin: number, end: number): string {
  const [from, to] = [begin, end].map((time) => new Date(time).toISOString())
  return `from ${from} to ${to}`
}

/** Judges the names of a certificate. @param host of the URL. */
export function nameFindings(
  certificate: X509Certificate,
  host: string,
  lookedAt: string,
): Finding[] {
  const plain = host.replace(/^\[|\]$/g, '')
  const isRight = isIP(plain) === 0 ? certificate.checkHost(plain) : certificate.checkIP(plain)
  if (isRight !== undefined) return []
  const names = certificate.subjectAltName ?? certificate.subject.replaceAll('\n', ', ')
  const found = `The certificate is for ${names}.`
  return [finding('certificate-name', { lookedAt, found, words: { host: plain } })]
}

function replacedFindings(
  own: X509Certificate,
  shown: X509Certificate | undefined,
  lookedAt: string,
): Finding[] {
  if (!shown || own.fingerprint256 === shown.fingerprint256) return []
  const found = `The endpoint shows the certificate that ends ${endOf(shown)}.`
  return [finding('certificate-replaced', { lookedAt, found })]
}

function endOf({ validTo }: X509Certificate): string {
  return new Date(Date.parse(validTo)).toISOString()
}
