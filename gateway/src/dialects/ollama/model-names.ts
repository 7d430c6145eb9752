/** The tag that a name without one has: `foo` and `foo:latest` are the same model to Ollama's clients. */
const DEFAULT_TAG = ':latest'

/** The name under which a model is known: as the client wrote it, else with or without the default tag, else as it wrote it. */
export function resolveModelName(name: string, isKnown: (name: string) => boolean): string {
  if (isKnown(name)) return name
  const other = otherSpelling(name)
  return other !== undefined && isKnown(other) ? other : name
}

/** Undefined where another tag is said. A colon before a slash is a port. */
function otherSpelling(name: string): string | undefined {
  if (name.endsWith(DEFAULT_TAG)) return name.slice(0, -DEFAULT_TAG.length)
  return name.lastIndexOf(':') > name.lastIndexOf('/') ? undefined : name + DEFAULT_TAG
}
