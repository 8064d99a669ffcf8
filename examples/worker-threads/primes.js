import { performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'

parentPort.on('message', ({ id, limit }) => {
  const start = performance.now()
  const result = countPrimes(limit)
  parentPort.postMessage({ id, result, seconds: (performance.now() - start) / 1_000 })
})

function countPrimes(limit) {
  let count = 0
  for (let number = 2; number < limit; number += 1) if (isPrime(number)) count += 1
  return count
}

function isPrime(number) {
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) {
    if (number % divisor === 0) return false
  }
  return true
}
