export default async function Item({ params }) {
  const { item } = await params
  return <h1>Item {item}</h1>
}
