import { inside } from './containers.ts'

/** What a shell finds inside of a container. */
export interface Findings {
  /** Of the first process, from /proc. */
  readonly status: string
  /** Folders that could be written into and must not be. */
  readonly written: string
  /** Bytes and processes, a line each. */
  readonly limits: string
  readonly ran: string
  /** Names of `doors` that open, as JSON. */
  readonly doors: string
  readonly tools: string
  readonly services: string
  readonly native: string
}

const doors = {
  kafka: 'kafka:9092',
  s3: 's3:8333',
  redis: 'redis:6379',
  collector: 'collector:8080',
  model: 'enrichment-api:8001',
  // Addresses that answer everyone who gets there.
  world: '1.1.1.1:443',
  names: '8.8.8.8:53'
}

const knock = `
  const net = require("node:net");
  const open = ([name, door]) => new Promise((resolve) => {
    const [host, port] = door.split(":");
    const socket = net.connect({ host, port: Number(port) }, () => { socket.destroy(); resolve([name]) });
    socket.on("error", () => resolve([]));
    setTimeout(() => { socket.destroy(); resolve([]) }, 2000);
  });
  Promise.all(Object.entries(${JSON.stringify(doors)}).map(open)).then((found) => { console.log(JSON.stringify(found.flat())); process.exit() })`

const everywhere = {
  status: 'cat /proc/1/status',
  written: 'for d in / /etc /usr/bin /app /secrets; do [ -d $d ] && touch $d/x 2>/dev/null && echo $d; done',
  limits: `if [ -e /sys/fs/cgroup/pids.max ]; then cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max
    else cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max; fi`
}

const inOurs = {
  ran: 'printf "#!/bin/sh\\n" > /tmp/x; chmod 755 /tmp/x; if /tmp/x 2>/dev/null; then echo ran; else echo refused; fi; rm /tmp/x',
  doors: `node -e '${knock}'`,
  tools: `for t in npm npx pnpm yarn corepack gcc cc make git python3; do command -v $t; done
    ls /app/node_modules/.pnpm | grep -E "^(typescript|oxlint|oxfmt|knip|vite|playwright)"
    find /app -name "*.test.ts" -not -path "*/node_modules/*"`,
  services: 'ls /app/services',
  native: 'find /app/node_modules/.pnpm -name "*.node" -o -name "*.so*" -type f'
}

/** Everything at once: an entry into a container takes longer than what is asked there. */
export async function lookInside(service: string, isOurs: boolean): Promise<Findings> {
  const questions = Object.entries({ ...everywhere, ...(isOurs && inOurs) })
  const printed = await inside(
    service,
    `${questions.map(([name, ask]) => `echo "@@${name}"\n${ask}`).join('\n')}\ntrue`
  )
  const answers = printed
    .split(/^@@/m)
    .slice(1)
    .map((part) => part.split(/\n(.*)/s) as [string, string?])
  return Object.fromEntries(answers.map(([name, text = '']) => [name, text.trim()])) as unknown as Findings
}
