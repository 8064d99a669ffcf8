/** The kinds of requests, by the name that the variable MIX uses. */
export const kinds = {
  home: { method: 'GET', path: '/' },
  products: { method: 'GET', path: '/products' },
  product: { method: 'GET', path: '/products/2' },
  search: { method: 'GET', path: '/search?q=co' },
  order: { method: 'POST', path: '/orders', body: { product: 1, quantity: 3 } },
  bulk: { method: 'POST', path: '/orders', body: { product: 2, quantity: 12 } },
  report: { method: 'GET', path: '/reports/2026' },
  // 404, 422, 500 and 503.
  missing: { method: 'GET', path: '/products/99' },
  refused: { method: 'POST', path: '/orders', body: { product: 1, quantity: 0 } },
  broken: { method: 'GET', path: '/reviews/3' },
  unavailable: { method: 'GET', path: '/stock/3' },
}

/**
 * Yields requests without end, in the proportions of the weights. Each kind is spread evenly: the
 * kind that is furthest behind its share is next.
 */
export function* plan(mix) {
  const total = mix.reduce((sum, { weight }) => sum + weight, 0)
  const credits = mix.map(() => 0)
  for (;;) {
    for (const [index, { weight }] of mix.entries()) credits[index] += weight
    const next = credits.indexOf(Math.max(...credits))
    credits[next] -= total
    yield kinds[mix[next].name]
  }
}
