import type { Front, FrontAnswer, FrontCall, FrontRequest } from './front.ts'

/** Of a front, what is known of it before it is loaded. */
export type FrontFace = Omit<Front, 'open'>

/** A front that is loaded for its first request: most gateways are never spoken to in most dialects. */
export function lateFront(face: FrontFace, load: () => Promise<Front>): Front {
  let loaded: Front | undefined
  return {
    ...face,
    open: (request) => loaded?.open(request) ?? openFirst(request),
  }

  async function openFirst(request: FrontRequest): Promise<FrontCall | FrontAnswer> {
    loaded = await load()
    return loaded.open(request)
  }
}
