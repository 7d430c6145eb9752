import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { createPolicedFetch } from './policed-fetch.ts'

async function startServer(): Promise<{ readonly url: string; readonly asked: () => number }> {
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    response.end(`${request.method} ${request.headers['x-a']}`)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}/`, asked: () => asked }
}

it('asks where the policy allows, as it is at the time, and nowhere else', async () => {
  const { url, asked } = await startServer()
  let privateAddresses = true
  const fetch = createPolicedFetch(() => ({ privateAddresses, closedPorts: [] }))
  const answer = await fetch(url, { method: 'POST', headers: { 'x-a': 'b' }, body: 'x' })
  expect([answer.status, await answer.text()]).toEqual([200, 'POST b'])
  privateAddresses = false
  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ERR_ADDRESS_NOT_ALLOWED' } })
  await expect(fetch('http://169.254.169.254/latest/meta-data')).rejects.toMatchObject({ cause: { code: 'ERR_ADDRESS_NOT_ALLOWED' } })
  expect(asked()).toBe(1)
})
