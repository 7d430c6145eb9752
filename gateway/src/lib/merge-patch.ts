import { isObject } from './json.ts'

/**
 * RFC 7396: what the patch does not name stays, null takes away, everything but objects is replaced. Neither argument is
 * changed. `isOpaque`: objects that stand for one value; such a one in a patch leaves another that is there as it is.
 */
export function mergePatch(target: unknown, patch: unknown, isOpaque: (value: unknown) => boolean = never): unknown {
  if (!isObject(patch)) return patch
  if (isOpaque(patch)) return isOpaque(target) ? target : patch
  const merged = new Map(Object.entries(isObject(target) && !isOpaque(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else if (value !== undefined) merged.set(name, mergePatch(merged.get(name), value, isOpaque))
  }
  return Object.fromEntries(merged)
}

const never = () => false
