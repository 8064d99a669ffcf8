import type { LiveHang } from '../../model/live/live-document.ts'
import { ageText } from '../../model/text/quantity.ts'
import { element, setText } from '../dom/element.ts'
import { codeBlock } from './cells.ts'

/** Where the loop stands. @param hidden why the document has no stacks. */
export function fillHang(cell: HTMLElement, hang: LiveHang, hidden: string | null): void {
  const stack = hang.stack ?? ''
  const root = cell.querySelector<HTMLElement>('.hang') ?? element('div', { class: 'hang stack' })
  if (root.dataset['stack'] !== stack || root.childElementCount === 0) {
    root.dataset['stack'] = stack
    const block = stack === '' ? [] : [codeBlock(stack, 'Stack of the blocked event loop')]
    root.replaceChildren(element('p', { class: 'quiet' }), ...block)
  }
  if (root.parentElement !== cell) cell.append(root)
  const [line] = root.children
  if (line) setText(line, sentence(hang, hidden))
}

function sentence({ seconds, heldBy, stack }: LiveHang, hidden: string | null): string {
  const silence = `No turn of the event loop for ${ageText(seconds)}.`
  if (stack === null && hidden !== null) return `${silence} The stack is ${hidden}.`
  if (stack === null)
    return `${silence} No stack: the exporter waits for the stack, or GUNICORN_HANG_STACKS is off.`
  return heldBy === null ? silence : `${silence} Held by ${heldBy}.`
}
