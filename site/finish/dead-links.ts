import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { decoded } from './html.ts'

export interface LinkReport {
  /** Each link of a page to a page, a file or an anchor that the site lacks. */
  readonly dead: readonly string[]
  /** Addresses of other sites. Nothing fetches them. */
  readonly external: readonly string[]
  /** Links that were followed. */
  readonly checked: number
}

interface Link {
  readonly page: string
  readonly target: string
}

/** Follows every link of the built site. @param base path of the site at its server. */
export function checkLinks(dist: string, base: string): LinkReport {
  const files = new Set(globSync('**/*', { cwd: dist }))
  const pages = [...files].filter((file) => file.endsWith('.html'))
  const texts = new Map(pages.map((page) => [page, readFileSync(join(dist, page), 'utf8')]))
  const anchors = new Map([...texts].map(([page, html]) => [page, idsOf(html)]))
  const links = [...texts].flatMap(([page, html]) => linksOf(page, html))
  const isExternal = ({ target }: Link) => /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)
  const internal = links.filter((link) => !isExternal(link))
  const works = (link: Link) => {
    const { file, anchor } = placeOf(link, base)
    if (file === undefined || !files.has(file)) return false
    return anchor === '' || anchor === '_top' || anchors.get(file)?.has(anchor) === true
  }
  return {
    dead: internal.filter((link) => !works(link)).map(({ page, target }) => `${page}: ${target}`),
    external: [...new Set(links.filter(isExternal).map(({ target }) => target))].sort(),
    checked: internal.length,
  }
}

function idsOf(html: string): ReadonlySet<string> {
  return new Set(Array.from(html.matchAll(/\sid="([^"]*)"/g), ([, id = '']) => decoded(id)))
}

/** Everything that a page links to or loads. The text of code has no tags. */
function linksOf(page: string, html: string): Link[] {
  const targets = html.matchAll(/<[a-z][^<>]*?\s(?:href|src)="([^"]*)"/g)
  return Array.from(targets, ([, target = '']) => ({ page, target: decoded(target) }))
}

function placeOf({ page, target }: Link, base: string) {
  const [path = '', anchor = ''] = target.split('#').map((part) => decodeURIComponent(part))
  if (path === '') return { file: page, anchor }
  const place = path.startsWith('/') ? below(path, base) : posix.join(posix.dirname(page), path)
  const file = place === '' || place?.endsWith('/') === true ? `${place}index.html` : place
  return { file, anchor }
}

function below(path: string, base: string): string | undefined {
  return path.startsWith(base) ? path.slice(base.length) : undefined
}
