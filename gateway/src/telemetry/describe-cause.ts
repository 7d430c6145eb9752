/** A chain of causes as one bounded line, for logs and for who looks at a request; stacks belong to faults of our own. */
export function describeCause(cause: unknown): string {
  const parts: string[] = []
  let current: unknown = cause
  for (let depth = 0; depth < 4 && current !== undefined; depth += 1) {
    if (!(current instanceof Error)) {
      parts.push(String(current))
      break
    }
    parts.push('code' in current && typeof current.code === 'string' ? `${current.message} (${current.code})` : current.message)
    current = current.cause
  }
  return parts.join(': ').slice(0, 1_000)
}
