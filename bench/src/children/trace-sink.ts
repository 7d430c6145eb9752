import { createServer } from 'node:http'
import { runAsChild } from './run-as-child.ts'

/** A receiver of traces that takes everything and keeps nothing. */
runAsChild(
  createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
  }),
)
