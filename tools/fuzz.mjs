// libFuzzer on the parsers of the core, each for a minute; MORTISE_FUZZ_SECONDS asks for more.

import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { compiler, need } from './machine.mjs'
import { eachOf, jobs, root, run, say, step } from './process.mjs'

/** @param {string[]} names targets, for instance open_record; none for all */
export async function fuzz(names) {
  await need([...compiler, 'cmake', 'libssl-dev', 'clang-14', 'libclang-rt-14-dev'])
  const folder = join(root, '.cache/fuzz')
  await step('configuring the fuzz targets', 'cmake', [
    `-S${root}`,
    `-B${folder}`,
    '-DMORTISE_CORE=ON',
    '-DMORTISE_FUZZ=ON',
    '-DMORTISE_SANITIZE=address',
    '-DCMAKE_CXX_COMPILER=clang++-14',
  ])
  await step('compiling the fuzz targets', 'cmake', ['--build', folder, '--parallel', String(jobs)])
  const targets = readdirSync(join(root, 'native/fuzz'))
    .filter((file) => file.endsWith('_fuzz.cc'))
    .map((file) => basename(file, '.cc'))
    .filter((target) => names.length === 0 || names.includes(target.replace(/_fuzz$/, '')))
  const sum = { passed: 0, failed: 0 }
  await eachOf(targets, async (target) => {
    sum[(await fuzzOne(folder, target)) ? 'passed' : 'failed'] += 1
  })
  return sum
}

async function fuzzOne(folder, target) {
  const seconds = process.env.MORTISE_FUZZ_SECONDS ?? '40'
  const found = join(folder, 'corpus', target)
  mkdirSync(found, { recursive: true })
  const seeds = join(root, 'native/fuzz/corpus', target)
  const corpora = existsSync(seeds) ? [found, seeds] : [found]
  const flags = [`-max_total_time=${seconds}`, '-print_final_stats=1', `-artifact_prefix=${folder}/`]
  say(`fuzzing ${target} for ${seconds} s ...`)
  const child = await run(join(folder, target), [...flags, ...corpora])
  const [, runs] = child.output.match(/number_of_executed_units: (\d+)/) ?? [0, 'no']
  console.log(`${child.code === 0 ? 'ok    ' : 'FAILED'} ${target}: ${runs} runs`)
  if (child.code !== 0) console.log(child.output)
  return child.code === 0
}
