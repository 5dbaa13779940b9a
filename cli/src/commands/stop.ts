import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '@sluice/testkit'
import { dataDirOf, dataDirOption } from '../data-dir.ts'
import { readInstance } from '../platform/instance.ts'
import type { Command } from '../command.ts'

const longestMs = 90_000

export const stop: Command = {
  name: 'stop',
  summary: 'stops the platform that runs, in order; its data stays',
  options: { 'data-dir': dataDirOption },
  exits: { 0: 'stopped, or nothing ran' },
  examples: ['stop'],
  async run(values) {
    const dataDir = dataDirOf(values['data-dir'])
    const instance = readInstance(dataDir)
    if (instance === null || !isAlive(instance.launcher)) {
      console.log(`nothing runs on ${dataDir}`)
      return 0
    }
    const began = performance.now()
    const pid = Number(instance.launcher.split(':')[0])
    process.kill(pid, 'SIGTERM')
    while (isAlive(instance.launcher)) {
      if (performance.now() - began > longestMs) throw new Error(`process ${pid} does not end: see its log`)
      await sleep(50)
    }
    console.log(`stopped after ${((performance.now() - began) / 1000).toFixed(1)} s`)
    return 0
  }
}
