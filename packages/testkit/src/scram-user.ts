import { run } from './native/run.ts'
import { pythonTools } from './python.ts'

/** Gives a broker a user for SCRAM, by librdkafka: kafkajs cannot. `brokers` is a listener that asks for no login. */
export async function makeScramUser(
  brokers: readonly string[],
  user: string,
  password: string,
  mechanism: 'SCRAM_SHA_256' | 'SCRAM_SHA_512' = 'SCRAM_SHA_512'
): Promise<void> {
  const { python } = await pythonTools()
  const script = `
import sys
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
brokers, user, password, mechanism = sys.argv[1:]
credential = ScramCredentialInfo(ScramMechanism[mechanism], 4096)
change = UserScramCredentialUpsertion(user, credential, password.encode())
admin = AdminClient({"bootstrap.servers": brokers})  # not a temporary: its requests end with it
for done in admin.alter_user_scram_credentials([change]).values():
    done.result(timeout=30)
`
  await run(python, ['-c', script, brokers.join(','), user, password, mechanism])
}
