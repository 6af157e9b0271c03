// The second build, of what the first one left: `node scripts/worker.mjs [FOLDER]`, where FOLDER is `dist` unless told.
// Names the build by what is in it, writes that name into the page, and makes `sw.js`, which knows every file by its hash.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const web = fileURLToPath(new URL('..', import.meta.url))
const folder = resolve(process.argv[2] ?? join(web, 'dist'))
const page = join(folder, 'index.html')

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex')
const read = (name) => readFileSync(join(folder, name))

/** The page with the hashes of what it names by plain names: with these, no cache can mix two builds. */
function pinned(html) {
  const bare = html.replace(/\n *<meta name="build"[^>]*>/, '').replace(/\?v=\w+(?=")/g, '')
  return bare.replace(/(?<=(?:href|src)=")\/([\w.-]+)(?=")/g, (address, name) => `${address}?v=${hash(read(name)).slice(0, 16)}`)
}

const html = pinned(readFileSync(page, 'utf8'))
const named = [...html.matchAll(/(?:href|src)="(\/[\w.-]+)\?v=\w+"/g)]
const files = new Map([...named].map(([, path]) => [html.match(`"(${path}\\?v=\\w+)"`)[1], hash(read(path))]))
for (const name of readdirSync(join(folder, 'assets')).sort()) files.set(`/assets/${name}`, hash(read(join('assets', name))))

const name = hash([hash(html), ...[...files].flat()].join('\n')).slice(0, 16)
const told = html.replace('<head>', `<head>\n    <meta name="build" content="${name}" />`)
writeFileSync(page, told)

await build({
  configFile: false,
  root: web,
  publicDir: false,
  logLevel: 'warn',
  define: { __SHELL__: JSON.stringify({ build: name, files: [['/', hash(told)], ...files] }) },
  build: {
    target: 'es2022',
    outDir: folder,
    emptyOutDir: false,
    lib: { entry: join(web, 'src', 'worker', 'main.ts'), formats: ['iife'], name: 'worker', fileName: () => 'sw.js' },
  },
})
