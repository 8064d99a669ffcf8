import { type Coding, hasZstd } from './codings/coding.ts'
import type { TextFormat } from './text-format.ts'

export const contentTypes: Record<TextFormat, string> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** OpenMetrics when the client accepts version 1.0.0 with at least the quality of plain text. */
export function negotiateFormat(accept: string | undefined): TextFormat {
  const ranges = parse(accept)
  const openmetrics = qualityOf(ranges, isOpenMetrics)
  const plain = qualityOf(ranges, ({ type }) => type === 'text/plain')
  return openmetrics > 0 && openmetrics >= plain ? 'openmetrics' : 'prometheus'
}

/** Whether the Accept-Encoding header allows `gzip`. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return gzipQuality(parse(acceptEncoding)) > 0
}

/**
 * The forms that the client takes, the best first. Of two equal qualities, gzip comes first: its
 * parts stay for the next page. The form without compression comes last, unless the client prefers
 * this form.
 */
export function codingsOf(acceptEncoding: string | undefined): Coding[] {
  const ranges = parse(acceptEncoding)
  const qualities: Record<Coding, number> = {
    gzip: gzipQuality(ranges),
    zstd: hasZstd ? qualityOf(ranges, ({ type }) => type === 'zstd') : 0,
    identity: qualityOf(ranges, ({ type }) => type === 'identity'),
  }
  const codings: readonly Coding[] = ['gzip', 'zstd', 'identity']
  return codings
    .filter((coding) => coding === 'identity' || qualities[coding] > 0)
    .sort((one, other) => qualities[other] - qualities[one])
}

function gzipQuality(codings: readonly Range[]): number {
  const named = codings.find(({ type }) => type === 'gzip' || type === 'x-gzip')
  return (named ?? codings.find(({ type }) => type === '*'))?.quality ?? 0
}

/** Whether the client is a browser that opens a page: plain text has no higher quality. */
export function prefersHtml(accept: string | undefined): boolean {
  const ranges = parse(accept)
  const html = qualityOf(ranges, ({ type }) => type === 'text/html')
  return html > 0 && html >= qualityOf(ranges, ({ type }) => type === 'text/plain')
}

interface Range {
  readonly type: string
  readonly quality: number
  readonly parameters: ReadonlyMap<string, string>
}

function parse(header: string | undefined): Range[] {
  return (header ?? '').split(',').map((item) => {
    const [type = '', ...rest] = item.split(';').map((part) => part.trim().toLowerCase())
    const parameters = new Map(rest.map((part) => splitOnce(part)))
    const quality = Number(parameters.get('q') ?? 1)
    return { type, parameters, quality: Number.isFinite(quality) ? quality : 0 }
  })
}

function splitOnce(part: string): [string, string] {
  const at = part.indexOf('=')
  return at < 0
    ? [part, '']
    : [
        part.slice(0, at).trim(),
        part
          .slice(at + 1)
          .trim()
          .replace(/^"|"$/g, ''),
      ]
}

function qualityOf(ranges: readonly Range[], matches: (range: Range) => boolean): number {
  return Math.max(0, ...ranges.filter(matches).map(({ quality }) => quality))
}

function isOpenMetrics({ type, parameters }: Range): boolean {
  if (type !== 'application/openmetrics-text') return false
  const version = parameters.get('version')
  return version === undefined || version === '1.0.0'
}
