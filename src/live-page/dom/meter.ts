import { element, setAttribute, setText, svgElement } from './element.ts'

/** Draws a share as a bar with its text. @param share between 0 and 1; null without a bar. */
export function fillMeter(cell: HTMLElement, share: number | null, text: string): void {
  const part = cell.querySelector('.part') ?? createdPart(cell)
  const label = cell.lastElementChild
  if (label) setText(label, text)
  const shown = Math.min(Math.max(share ?? 0, 0), 1)
  setAttribute(part, 'width', String(Math.round(shown * 100)))
  const svg = part.parentElement
  if (svg) setAttribute(svg, 'data-tone', toneOf(shown))
}

function toneOf(share: number): string {
  if (share >= 0.9) return 'bad'
  return share >= 0.75 ? 'warn' : 'good'
}

function createdPart(cell: HTMLElement): Element {
  const size = { height: '10', rx: '4' }
  const part = svgElement('rect', { ...size, class: 'part', width: '0' })
  const whole = svgElement('rect', { ...size, class: 'whole', width: '100' })
  const frame = { class: 'meter', viewBox: '0 0 100 10', preserveAspectRatio: 'none' }
  const svg = svgElement('svg', { ...frame, 'aria-hidden': 'true' }, [whole, part])
  cell.replaceChildren(svg, element('span'))
  return part
}
