import type { AnyRoute } from './route.ts'

export type Found =
  | { readonly kind: 'route'; readonly route: AnyRoute; readonly params: Readonly<Record<string, string>> }
  /** There is something at this path, but for other methods. */
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  | { readonly kind: 'nothing' }
  /** A segment's percent encoding can't be read. */
  | { readonly kind: 'undecodable' }

export interface RouteTable {
  /** `path`: below the mount, beginning with `/`, as it was sent. Fixed segments win over parameters, and these over `*`, of which one with something behind it wins over one without. */
  find(method: string, path: string): Found
}

interface Node {
  readonly fixed: Map<string, Node>
  parameter: Node | undefined
  /** Of the routes with a `*` here: by what follows it, `` or `/timeline`, the longest first. */
  rest: readonly { readonly after: readonly string[]; readonly routes: Map<string, AnyRoute> }[]
  readonly here: Map<string, AnyRoute>
}

/** Throws where two routes have the same method and shape. */
export function createRouteTable(routes: readonly AnyRoute[]): RouteTable {
  const root = emptyNode()
  for (const route of routes) add(root, route)
  return {
    find(method, path) {
      const segments = decode(path)
      if (segments === undefined) return { kind: 'undecodable' }
      const allow = new Set<string>()
      for (const candidates of matches(root, segments, 0)) {
        const route = candidates.get(method)
        if (route !== undefined) return { kind: 'route', route, params: paramsOf(route, segments) }
        for (const name of candidates.keys()) allow.add(name)
      }
      return allow.size > 0 ? { kind: 'method', allow: [...allow].toSorted() } : { kind: 'nothing' }
    },
  }
}

function emptyNode(): Node {
  return { fixed: new Map(), parameter: undefined, rest: [], here: new Map() }
}

function add(root: Node, route: AnyRoute): void {
  let node = root
  let leaves = root.here
  const segments = segmentsOf(route.path)
  for (const [index, segment] of segments.entries()) {
    if (segment === '*') {
      leaves = restOf(node, segments.slice(index + 1))
      break
    }
    node = childOf(node, segment)
    leaves = node.here
  }
  if (leaves.has(route.method)) throw new Error(`There are two routes for ${route.method} ${route.path}`)
  leaves.set(route.method, route)
}

function childOf(node: Node, segment: string): Node {
  if (segment.startsWith(':')) return (node.parameter ??= emptyNode())
  const known = node.fixed.get(segment) ?? emptyNode()
  node.fixed.set(segment, known)
  return known
}

function restOf(node: Node, after: readonly string[]): Map<string, AnyRoute> {
  const known = node.rest.find((rest) => rest.after.join('/') === after.join('/'))
  if (known !== undefined) return known.routes
  const routes = new Map<string, AnyRoute>()
  node.rest = [...node.rest, { after, routes }].toSorted((a, b) => b.after.length - a.after.length)
  return routes
}

/** The routes of each shape that fits, the closest fit first. */
function* matches(node: Node, segments: readonly string[], at: number): Generator<ReadonlyMap<string, AnyRoute>> {
  const segment = segments[at]
  if (segment === undefined) {
    if (node.here.size > 0) yield node.here
    return
  }
  const fixed = node.fixed.get(segment)
  if (fixed !== undefined) yield* matches(fixed, segments, at + 1)
  if (node.parameter !== undefined && segment !== '') yield* matches(node.parameter, segments, at + 1)
  for (const { after, routes } of node.rest) {
    const rest = segments.slice(at, segments.length - after.length)
    const isSo = rest.length > 0 && after.every((name, index) => name === segments[segments.length - after.length + index])
    if (isSo && rest.at(-1) !== '') yield routes
  }
}

function paramsOf({ path }: AnyRoute, segments: readonly string[]): Record<string, string> {
  const params: [string, string][] = []
  const names = segmentsOf(path)
  for (const [index, name] of names.entries()) {
    if (name === '*') params.push(['*', segments.slice(index, segments.length - (names.length - index - 1)).join('/')])
    else if (name.startsWith(':')) params.push([name.slice(1), segments[index] ?? ''])
  }
  return Object.fromEntries(params)
}

/** Each segment is decoded by itself and once: `%2F` is a character of an id and parts nothing. */
function decode(path: string): string[] | undefined {
  try {
    return segmentsOf(path).map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function segmentsOf(path: string): string[] {
  return path === '' || path === '/' ? [] : path.slice(1).split('/')
}
