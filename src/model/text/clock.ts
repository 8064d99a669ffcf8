/** `14:05:09` in the time zone of the reader. */
export function clockText(unixMs: number): string {
  const date = new Date(unixMs)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')
}

export function twoDigits(part: number): string {
  return String(part).padStart(2, '0')
}
