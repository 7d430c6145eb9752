import { once } from 'node:events'
import { createServer } from 'node:https'
import { configSchema } from '@jairouter/contract/config'
import { expect, it, onTestFinished } from 'vitest'
import { createGateway } from '../../src/gateway.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { makeCertificate, type Certificate } from '../support/certificate.ts'

const ANSWER = { object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] }

async function startTlsBackend({ key, certificate }: Certificate) {
  let asked = 0
  const server = createServer({ key, cert: certificate }, (request, response) => {
    if (request.method === 'POST') asked += 1
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(JSON.stringify(ANSWER)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const address = server.address()
  return { url: `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, asked: () => asked }
}

/** One chat through a gateway whose backend is at `url`; `trusted` is the PEM of its `ca` setting. */
async function chat(url: string, trusted: string | undefined) {
  const ca = trusted === undefined ? {} : { ca: 'ca.pem' }
  const config = configSchema.parse({
    server: { port: 0, drain: { accept: '0ms' } },
    backends: [{ id: 'tls', type: 'vllm', url, models: ['m'], health: { enabled: false }, ...ca }],
  })
  const certificates = new Map(trusted === undefined ? [] : [['ca.pem', trusted]])
  const gateway = createGateway({ loaded: { config, certificates }, log: createLogger({ level: 'silent' }) })
  onTestFinished(() => gateway.stop('now'))
  const response = await fetch(`${await gateway.listen()}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [] }),
  })
  return { status: response.status, body: await response.json() }
}

it('trusts a certificate that the backend’s own authority has signed', async () => {
  const certificate = makeCertificate()
  const backend = await startTlsBackend(certificate)
  expect(await chat(backend.url, certificate.certificate)).toEqual({ status: 200, body: ANSWER })
})

it.each([
  ['no authority is named', undefined],
  ['another authority is named', makeCertificate().certificate],
])('sends nothing to a backend whose certificate is not trusted: %s', async (_case, trusted) => {
  const backend = await startTlsBackend(makeCertificate())
  expect(await chat(backend.url, trusted)).toMatchObject({
    status: 502,
    body: { error: { code: 'upstream_error', message: 'The model server could not be reached' } },
  })
  expect(backend.asked()).toBe(0)
})

it('refuses a certificate for another host', async () => {
  const certificate = makeCertificate()
  const backend = await startTlsBackend(certificate)
  expect(await chat(backend.url.replace('127.0.0.1', 'localhost'), certificate.certificate)).toMatchObject({ status: 502 })
  expect(backend.asked()).toBe(0)
})
