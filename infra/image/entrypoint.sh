#!/bin/sh
# Runs the service of this image. Under an init (compose: `init: true`) it becomes the service. As the first process of
# a container (Kubernetes has no such switch) it stays that and passes signals on: a first process cannot be killed from
# within, and the service's own watchdog must be able to.
[ $$ = 1 ] || exec node /app/main.ts "$@"
node /app/main.ts "$@" &
service=$!
for signal in TERM INT HUP; do trap "kill -$signal $service 2>/dev/null" $signal; done
while :; do
  wait $service
  code=$?
  kill -0 $service 2>/dev/null || exit $code
done
