/** The forms of a value in a report. `natural` is a number, too, and takes fewer bytes. */
export const valueKinds = { number: 0, natural: 1, histogram: 2, exponential: 3 } as const

export type ValueKind = (typeof valueKinds)[keyof typeof valueKinds]
