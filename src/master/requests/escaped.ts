import { requestLimits } from '../../limits/tools/requests.ts'

/** All but printable ASCII, and the two characters with a meaning in a quoted field. */
const special = /[^ !#-[\]-~]/
const specials = /[^ !#-[\]-~]/g

/**
 * A text of a client, for a line of the access log. The text cannot end a quoted field, and cannot
 * look like another line. Like nginx: `\xHH` for bytes outside of ASCII and for controls.
 */
export function escaped(text: string): string {
  const short = shortened(text)
  return special.test(short) ? short.replace(specials, escapeOf) : short
}

/** A value of a client has a bound in every format. */
export function shortened(text: string): string {
  return text.length > requestLimits.valueChars ? text.slice(0, requestLimits.valueChars) : text
}

function escapeOf(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  const code = character.charCodeAt(0)
  if (code > 0xff) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
}
