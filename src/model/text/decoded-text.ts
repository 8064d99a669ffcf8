/** Decodes percent-encoding. @returns undefined for a text that is not in percent-encoding. */
export function decodedText(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
