class OutOfStockError extends Error {
  name = 'OutOfStockError'
}

export function POST() {
  throw new OutOfStockError('Nothing is left.')
}
