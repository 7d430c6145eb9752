/** Ollama writes the namespace of a model's name, which is `library` where it has none; LM Studio a placeholder of its own. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['library', 'ollama'],
  ['organization_owner', 'lmstudio'],
])

/** `owned_by` of a model list, for which most local servers write their own name -> the id of the adapter that it amounts to, if it is one's. */
export function typeOfOwner(ownedBy: string): string {
  const owner = ownedBy.toLowerCase()
  return ALIASES.get(owner) ?? owner
}
