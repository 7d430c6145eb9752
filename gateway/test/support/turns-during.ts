/** Rounds that the event loop makes while something is waited for. */
export async function turnsDuring(wait: Promise<unknown>): Promise<number> {
  let turns = 0
  let isOver = false
  const turn = () => {
    turns += 1
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  await wait
  isOver = true
  return turns
}
