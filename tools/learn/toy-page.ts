/** A chapter around the blocks of its third step. */
export function page(third: string): string {
  const step = (n: number, body: string) => `## ${n}. Step ${n}\n\nWhy.\n\n${body}\n\n`
  const plain = '```sh\ntrue\n```'
  const steps = [plain, plain, third, plain].map((body, index) => step(index + 1, body)).join('')
  return `# 09 A toy\n\n**Promise.** You see it run.\n\n**Time.** 1 minutes.\n\n## Start\n\n${plain}\n\n${steps}## 5. Break it: nothing\n\n${plain}\n\n## You now know\n\nThat.\n`
}

/** A block of commands. */
export const sh = (code: string, info = 'sh'): string => `\`\`\`${info}\n${code}\n\`\`\``
/** What it prints. */
export const text = (expected: string): string => `\n\n\`\`\`text\n${expected}\n\`\`\``
