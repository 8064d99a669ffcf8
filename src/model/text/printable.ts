/**
 * Texts of other programs can contain escape sequences, which change a terminal, its title or its
 * clipboard, marks that turn the direction of writing, and characters that show nothing.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** The text on one line, with an escape such as `\u{1b}` for each character of this kind. */
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
 * As `printable`, for a line of a log: further lines of the text are indented, so that no text can
 * look like a line of its own.
 */
export function printableEntry(text: string): string {
  return printable(text).replaceAll('\n', '\n  ')
}

/** A document of JSON with the same value and without such characters in its texts. */
export function printableJson(document: string): string {
  // Outside of its texts, the document has no other character of this kind than the line feed.
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
