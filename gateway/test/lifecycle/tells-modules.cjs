// Beside a gateway that runs: tells on its standard output, when SIGUSR2 comes, which modules are loaded.
const { registerHooks } = require('node:module')

const urls = new Set()
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    urls.add(resolved.url)
    return resolved
  },
})
process.on('SIGUSR2', () => {
  process.stdout.write(`${JSON.stringify({ modules: [...urls, ...process.moduleLoadList] })}\n`)
})
