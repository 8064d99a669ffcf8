import { dirname, join, normalize } from 'node:path'
import { outsideCode } from './markdown.ts'

/** What a link of a document leads to. */
interface Targets {
  /** Address of a page by the path of its file. Undefined: the file is no page. */
  readonly pageOf: (path: string) => string | undefined
  /** Makes a page or a file of the site from a file of the repository, and returns its address. */
  readonly sourceOf: (path: string) => string | undefined
}

export interface LinkOptions extends Targets {
  /** Path of the document, relative to the root of the repository. */
  readonly path: string
  /** Path of the site, such as `/` or `/docs/`. */
  readonly base: string
}

/**
 * Rewrites the relative links of a document to addresses of the site. A link to nothing that the
 * site shows becomes its text.
 */
export function rewriteLinks(text: string, options: LinkOptions): string {
  return outsideCode(text, (prose) => rewriteProse(prose, options))
}

const link =
  /(?<image>!?)\[(?<label>(?:[^\][]|\[[^\]]*\](?:\([^()\s]*\))?)*)\]\((?<target>[^()\s]+)\)/g

function rewriteProse(prose: string, options: LinkOptions): string {
  return prose.replace(link, (match) => rewritten(match, options))
}

function rewritten(match: string, options: LinkOptions): string {
  const { image = '', label = '', target = '' } = new RegExp(link.source).exec(match)?.groups ?? {}
  if (/^([a-z]+:|#|\/)/.test(target)) return match
  const shown = image === '' ? rewriteProse(label, options) : label
  const address = addressOf(target, options)
  return address === undefined ? shown : `${image}[${shown}](${address})`
}

function addressOf(target: string, { path, base, pageOf, sourceOf }: LinkOptions) {
  const [file = '', heading] = target.split('#')
  const place = normalize(join(dirname(path), file)).replace(/\/$/, '')
  const page = pageOf(place) ?? pageOf(join(place, 'README.md'))
  const anchor = heading === undefined ? '' : `#${heading}`
  if (page !== undefined) return `${base}${page === '' ? '' : `${page}/`}${anchor}`
  const source = sourceOf(place)
  return source === undefined ? undefined : `${base}${source}`
}
