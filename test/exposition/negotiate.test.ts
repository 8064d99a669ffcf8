import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hasZstd } from '../../src/exposition/codings/coding.ts'
import {
  acceptsGzip,
  codingsOf,
  negotiateFormat,
  prefersHtml,
} from '../../src/exposition/negotiate.ts'
import type { TextFormat } from '../../src/exposition/text-format.ts'

const openmetrics = 'application/openmetrics-text'

describe('negotiateFormat', () => {
  const rows: readonly (readonly [accept: string | undefined, format: TextFormat])[] = [
    // Clients without a preference, such as curl and browsers.
    [undefined, 'prometheus'],
    ['', 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'prometheus'],
    // Text.
    ['text/plain', 'prometheus'],
    ['text/plain;version=0.0.4', 'prometheus'],
    ['application/json', 'prometheus'],
    // Headers of Prometheus 2.42 and 3.1, the OTel Collector and vmagent.
    [
      `${openmetrics};version=1.0.0,${openmetrics};version=0.0.1;q=0.75,` +
        'text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    [
      `${openmetrics};version=1.0.0;escaping=allow-utf-8;q=0.6,` +
        `${openmetrics};version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,` +
        'text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      'openmetrics',
    ],
    [
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;' +
        'encoding=delimited;q=0.6,text/plain;version=0.0.4;q=0.5,' +
        `${openmetrics};version=1.0.0;q=0.4`,
      'prometheus',
    ],
    [`text/plain;version=0.0.4;q=1,*/*;q=0.1`, 'prometheus'],
    // Versions.
    [openmetrics, 'openmetrics'],
    [`${openmetrics};version=1.0.0`, 'openmetrics'],
    [`${openmetrics};version="1.0.0"`, 'openmetrics'],
    [`${openmetrics};version=0.0.1`, 'prometheus'],
    [`${openmetrics};version=2.0.0`, 'prometheus'],
    [`${openmetrics};charset=utf-8;version=1.0.0`, 'openmetrics'],
    // Weights.
    [`${openmetrics};q=0`, 'prometheus'],
    [`${openmetrics};q=0.0,text/plain`, 'prometheus'],
    [`${openmetrics};q=0.5,text/plain;q=0.5`, 'openmetrics'],
    [`${openmetrics};q=0.4,text/plain;q=0.5`, 'prometheus'],
    [`text/plain;q=0.2,${openmetrics};q=0.3`, 'openmetrics'],
    [`${openmetrics};version=0.0.1;q=1,${openmetrics};version=1.0.0;q=0.1`, 'openmetrics'],
    // Spelling.
    [`APPLICATION/OpenMetrics-Text; Version=1.0.0 ; Q=0.9`, 'openmetrics'],
    [`  ${openmetrics}  ;  version = 1.0.0`, 'openmetrics'],
    // Invalid headers.
    [`${openmetrics};q=`, 'prometheus'],
    [`${openmetrics};q=high`, 'prometheus'],
    [`${openmetrics};q=-1`, 'prometheus'],
    [`${openmetrics};q=NaN`, 'prometheus'],
    [',,;;=,', 'prometheus'],
    [`;${openmetrics}`, 'prometheus'],
    ['application/openmetrics-textual', 'prometheus'],
  ]
  for (const [accept, format] of rows) {
    test(`returns ${format} for ${accept}`, () => assert.equal(negotiateFormat(accept), format))
  }
})

describe('acceptsGzip', () => {
  const rows: readonly (readonly [acceptEncoding: string | undefined, gzip: boolean])[] = [
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['x-gzip', true],
    ['GZIP', true],
    ['gzip, deflate, br', true],
    ['deflate, gzip;q=1.0, *;q=0.5', true],
    ['br;q=1, gzip;q=0.1', true],
    ['*', true],
    ['identity', false],
    ['br', false],
    ['gzip;q=0', false],
    ['gzip;q=0.000', false],
    ['gzip; q=0, *', false],
    ['*;q=0', false],
    ['*;q=0, gzip', true],
    ['identity;q=1, *;q=0', false],
    ['gzip;q=none', false],
    ['gzipped', false],
    [',', false],
  ]
  for (const [acceptEncoding, gzip] of rows) {
    test(`returns ${gzip} for ${acceptEncoding}`, () =>
      assert.equal(acceptsGzip(acceptEncoding), gzip))
  }
})

describe('codingsOf', () => {
  const rows: readonly (readonly [acceptEncoding: string | undefined, codings: string[]])[] = [
    [undefined, ['identity']],
    ['br', ['identity']],
    // Prometheus.
    ['gzip', ['gzip', 'identity']],
    ['*', ['gzip', 'identity']],
    // Chromium.
    ['gzip, deflate, br, zstd', ['gzip', 'zstd', 'identity']],
    ['zstd', ['zstd', 'identity']],
    ['ZSTD;q=0.9, gzip;q=0.5', ['zstd', 'gzip', 'identity']],
    ['zstd;q=0.1, gzip', ['gzip', 'zstd', 'identity']],
    ['zstd;q=0, gzip;q=0', ['identity']],
    ['gzip;q=0.5, identity', ['identity', 'gzip']],
    ['gzip, identity', ['gzip', 'identity']],
    ['identity;q=0.5, gzip;q=0.5', ['gzip', 'identity']],
  ]
  for (const [acceptEncoding, codings] of rows) {
    test(`returns ${codings} for ${acceptEncoding}`, () => {
      const known = codings.filter((coding) => hasZstd || coding !== 'zstd')
      assert.deepEqual(codingsOf(acceptEncoding), known)
    })
  }
})

describe('prefersHtml', () => {
  const rows: readonly (readonly [accept: string | undefined, html: boolean])[] = [
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['text/html', true],
    ['TEXT/HTML;q=0.1', true],
    ['text/html, text/plain', true],
    ['text/plain, text/html;q=0.9', false],
    ['text/html;q=0', false],
    ['*/*', false],
    ['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', false],
    ['', false],
    [undefined, false],
  ]
  for (const [accept, html] of rows) {
    test(`returns ${html} for ${accept}`, () => assert.equal(prefersHtml(accept), html))
  }
})

test('Headers of 100,000 characters take no noticeable time', { timeout: 5_000 }, () => {
  for (const part of [',', ';', '=', ' ', 'a;q=1,', '"']) {
    negotiateFormat(part.repeat(100_000))
    acceptsGzip(part.repeat(100_000))
  }
})
