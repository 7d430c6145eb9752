import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRouteTable } from './route-table.ts'
import { defineRoute, type AnyRoute } from './route.ts'

const route = (method: AnyRoute['method'], path: string) =>
  defineRoute({ method, path, permission: 'public', tag: 't', summary: 's', answers: {}, handle: () => ({}) })

const table = createRouteTable([
  route('GET', '/'),
  route('GET', '/models/*'),
  route('GET', '/models/:name/usage'),
  route('GET', '/models/*/heat/map'),
  route('GET', '/models/*/heat'),
  route('GET', '/models'),
  route('GET', '/keys/:id'),
  route('DELETE', '/keys/:key'),
  route('GET', '/keys/export'),
  route('POST', '/keys/:id/rotate'),
])

const shown = (method: string, path: string) => {
  const found = table.find(method, path)
  return found.kind === 'route' ? `${found.route.path} ${JSON.stringify(found.params)}` : found.kind
}

describe('createRouteTable', () => {
  it.each([
    ['GET', '', '/ {}'],
    ['GET', '/', '/ {}'],
    ['GET', '/models', '/models {}'],
    ['GET', '/models/a', '/models/* {"*":"a"}'],
    ['GET', '/models/org/model', '/models/* {"*":"org/model"}'],
    ['GET', '/models/org%2Fmodel', '/models/* {"*":"org/model"}'],
    ['GET', '/models/org%2Fmodel/usage', '/models/:name/usage {"name":"org/model"}'],
    ['GET', '/models/a/b/usage', '/models/* {"*":"a/b/usage"}'],
    ['GET', '/models/a/heat', '/models/*/heat {"*":"a"}'],
    ['GET', '/models/a/b/heat', '/models/*/heat {"*":"a/b"}'],
    ['GET', '/models/a%2Fheat', '/models/* {"*":"a/heat"}'],
    ['GET', '/models/heat', '/models/* {"*":"heat"}'],
    ['GET', '/models/a/b/heat/map', '/models/*/heat/map {"*":"a/b"}'],
    ['GET', '/models//heat', '/models/* {"*":"/heat"}'],
    ['GET', '/models/', 'nothing'],
    ['GET', '/keys/export', '/keys/export {}'],
    ['GET', '/keys/ex%70ort', '/keys/export {}'],
    ['DELETE', '/keys/export', '/keys/:key {"key":"export"}'],
    ['GET', '/keys/a%2541', '/keys/:id {"id":"a%41"}'],
    ['GET', '/keys/', 'nothing'],
    ['GET', '/keys', 'nothing'],
    ['GET', '/keys/%', 'undecodable'],
    ['GET', '/keys/%ff', 'undecodable'],
    ['POST', '/keys/a/rotate', '/keys/:id/rotate {"id":"a"}'],
    ['GET', '/constructor', 'nothing'],
  ])('finds for %s %s %s', (method, path, expected) => {
    expect(shown(method, path)).toBe(expected)
  })

  it('says which methods there are', () => {
    expect(table.find('POST', '/keys/export')).toEqual({ kind: 'method', allow: ['DELETE', 'GET'] })
    expect(table.find('GET', '/keys/a/rotate')).toEqual({ kind: 'method', allow: ['POST'] })
  })

  it('gives back every id that was encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
        fc.pre(id !== 'export')
        const found = table.find('GET', `/keys/${encodeURIComponent(id)}`)
        expect(found).toMatchObject({ kind: 'route', params: { id } })
      }),
    )
  })

  it('has no two routes of one shape', () => {
    expect(() => createRouteTable([route('GET', '/a/:b'), route('GET', '/a/:c')])).toThrow('/a/:c')
    expect(() => createRouteTable([route('GET', '/a/*'), route('GET', '/a/*')])).toThrow('/a/*')
  })
})
