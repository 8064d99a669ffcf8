/** Path of the site at its server: `/`, or `SITE_BASE`, such as `/docs/`. */
export function siteBase(): string {
  return `/${process.env['SITE_BASE'] ?? ''}/`.replace(/\/+/g, '/')
}
