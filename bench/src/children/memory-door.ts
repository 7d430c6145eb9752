// Loaded beside the gateway (`--import`, with --expose-gc): tells what its memory is after a collection, to whoever asks at the port in MEMORY_DOOR.
import { createServer } from 'node:http'

const server = createServer((_request, response) => {
  // What the first collection finalises the second one frees.
  void globalThis.gc?.()
  void globalThis.gc?.()
  response.end(JSON.stringify(process.memoryUsage()))
})
// It must not keep a gateway that is stopping.
server.unref()
if (process.env['MEMORY_DOOR'] !== undefined) server.listen(Number(process.env['MEMORY_DOOR']), '127.0.0.1')
