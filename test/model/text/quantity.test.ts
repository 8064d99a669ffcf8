import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  ageText,
  bytesText,
  countText,
  durationText,
  percentText,
  rateText,
  shareText,
} from '../../../src/model/text/quantity.ts'

type Rows = readonly (readonly [value: number | null, text: string])[]

function check(render: (value: number | null) => string, rows: Rows): void {
  for (const [value, text] of [...rows, [null, '–'], [Number.NaN, '–']] as const) {
    assert.equal(render(value), text, String(value))
  }
}

describe('As a text,', () => {
  test('a count is exact below 100,000', () => {
    const small: Rows = [
      [0, '0'],
      [7, '7'],
      [1_234, '1,234'],
      [99_999, '99,999'],
    ]
    check(countText, [
      ...small,
      [123_456, '123 k'],
      [999_700, '1 M'],
      [1_250_000, '1.3 M'],
      [2e15, '2 P'],
    ])
  })

  test('a rate has a digit after the point below 10', () => {
    const small: Rows = [
      [0, '0'],
      [0.01, '< 0.1'],
      [0.44, '0.4'],
      [9, '9'],
      [1_234.5, '1,235'],
    ]
    check(rateText, [...small, [12_345, '12 k']])
  })

  test('a duration has milliseconds below one second', () => {
    const small: Rows = [
      [0, '0 ms'],
      [0.000_42, '0.4 ms'],
      [0.012, '12 ms'],
      [0.9997, '1 s'],
      [1.25, '1.3 s'],
    ]
    check(durationText, [...small, [12.9, '12 s'], [250, '4 min']])
  })

  test('an age has the two largest units', () => {
    const small: Rows = [
      [-1, '0 s'],
      [59.9, '59 s'],
      [60, '1 min'],
      [3_600, '1 h'],
    ]
    check(ageText, [...small, [12_000, '3 h 20 min'], [443_000, '5 d 3 h']])
  })

  test('a size has decimal units', () => {
    const small: Rows = [
      [0, '0 B'],
      [820, '820 B'],
      [1_500, '1.5 kB'],
      [51_326_976, '51 MB'],
    ]
    check(bytesText, [...small, [1.23e9, '1.2 GB'], [3e18, '3000 PB']])
  })

  test('a percentage has a digit after the point below 10', () => {
    check(percentText, [
      [0, '0 %'],
      [0.44, '0.4 %'],
      [104.2, '104 %'],
    ])
  })

  test('a share of nothing is unknown', () => {
    assert.equal(shareText(1, 8), '13 %')
    assert.equal(shareText(0, 0), '–')
    assert.equal(shareText(null, 8), '–')
  })
})
