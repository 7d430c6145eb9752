// As sqlite-worker.cjs, for a process of its own. A terminal's Ctrl-C is for the gateway, which says when this one is to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
require('node:module').enableCompileCache()
import('./serve-process.ts')
