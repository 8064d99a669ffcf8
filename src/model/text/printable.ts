/**
 * Texts of other programs can contain escape sequences. These change a terminal, its title or its
 * clipboard. Other characters change the direction of writing, or are invisible.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** The text on one line, with an escape such as `\u{1b}` for each of these characters. */
export function printableLine(text: string): string {
  return text.replace(unprintable, escaped)
}

/** As `printableLine`, with the line breaks and tabs of the text. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  )
}

/**
 * As `printable`, for a log. Further lines of the text are indented, so that no text looks like
 * another entry of the log.
 */
export function printableEntry(text: string): string {
  return printable(text).replaceAll('\n', '\n  ')
}

/** A document of JSON with the same value, and with JSON's escapes for these characters. */
export function printableJson(document: string): string {
  // Outside of its texts, the document has none of these characters but the line feed.
  return document.replace(unprintable, (character) =>
    character === '\n' ? character : character.split('').map(unitEscape).join(''),
  )
}

function escaped(character: string): string {
  if (character === '\n') return '\\n'
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}

function unitEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
