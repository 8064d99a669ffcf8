import { setTimeout as sleep } from 'node:timers/promises'

/*
 * A request with the work of a small application: an order as JSON, a wait of 1 ms as for a
 * database, and a page from a template.
 */

const order = JSON.stringify({
  id: 4_711,
  customer: { name: 'A & B <Ltd>', city: 'Zürich' },
  lines: Array.from({ length: 30 }, (_, index) => ({
    article: `Article "${index}" <large>`,
    count: (index % 4) + 1,
    price: 3.5 * index + 0.99,
  })),
})
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export async function answerPage(_request, response) {
  const { id, customer, lines } = JSON.parse(order)
  await sleep(1)
  const sums = lines.map(({ count, price }) => count * price)
  const total = sums.reduce((sum, each) => sum + each, 0)
  const rows = lines.map(
    ({ article, count }, index) =>
      `<tr><td>${escaped(article)}</td><td>${count}</td><td>${sums[index].toFixed(2)}</td></tr>`,
  )
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.end(
    `<h1>Order ${id} of ${escaped(customer.name)}, ${escaped(customer.city)}</h1>` +
      `<table>${rows.join('')}</table><p>${total.toFixed(2)}</p><!-- hello -->hello`,
  )
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => entities[character])
}
