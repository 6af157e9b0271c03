// Makes src/contract.gen.ts from the server's own shapes, so that the two cannot drift.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))
const target = fileURLToPath(new URL('../src/contract.gen.ts', import.meta.url))
const python = process.env.PYTHON ?? '.venv/bin/python'

const document = JSON.parse(
  execFileSync(python, ['-m', 'server.contract'], { cwd: root, encoding: 'utf8', maxBuffer: 16 << 20 }),
)

const types = await compile(document, 'Contract', {
  bannerComment: '/* Made by `npm run contract` from the server; never edited. */',
  unreachableDefinitions: true,
  ignoreMinAndMaxItems: true,
  format: false,
})

const constant = (name, value) => `export const ${name} = ${JSON.stringify(value)} as const\n`
const codes = [
  constant('CloseCode', document['x-close-codes']),
  constant('ERROR_CODES', document.$defs.ErrorCode.enum),
  constant('PROBLEM_CODES', document.$defs.ProblemCode.enum),
  constant('STATUSES', document.$defs.Status.enum),
]

writeFileSync(target, `${types}\n${codes.join('')}`)
