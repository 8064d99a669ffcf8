import type { LiveDocument } from '../../model/live/live-document.ts'
import { ageText } from '../../model/text/quantity.ts'
import { byId, setText } from '../dom/element.ts'

const kinds = { cluster: 'Cluster', process: 'Single process', sidecar: 'All instances' } as const

/** The title of the page and of the tab. The tab tells a hang, too. */
export function pageTitle(): (document: LiveDocument) => void {
  const heading = byId('title', HTMLElement)
  const subtitle = byId('subtitle', HTMLElement)
  const footer = byId('footer', HTMLElement)
  return ({ title, instance, kind, uptimeSeconds, headline, exporterVersion, hidden }) => {
    const name = instance ?? title
    setText(heading, name)
    setText(
      subtitle,
      `${instance === null ? kinds[kind] : 'One instance'}, exporter up ${ageText(uptimeSeconds)}`,
    )
    const { hanging } = headline.workers
    const sign = hanging > 0 ? `▲ ${hanging} hanging · ` : ''
    const text = `${sign}${name} · live page`
    if (globalThis.document.title !== text) globalThis.document.title = text
    const details = hidden === null ? '' : ` Messages, stacks and paths are ${hidden}.`
    setText(footer, `gunicorn-prometheus-exporter ${exporterVersion}.${details}`)
  }
}
