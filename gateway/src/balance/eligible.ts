/** Those of the highest tier present, in their order; 1 is the highest, 2 serves only while no 1 is given. */
export function tierOf<T extends { readonly priority: number }>(instances: readonly T[]): readonly T[] {
  let highest = Infinity
  let members = 0
  for (const { priority } of instances) {
    if (priority < highest) {
      highest = priority
      members = 0
    }
    if (priority === highest) members += 1
  }
  // The usual route has one tier: no copy for it.
  return members === instances.length ? instances : instances.filter(({ priority }) => priority === highest)
}
