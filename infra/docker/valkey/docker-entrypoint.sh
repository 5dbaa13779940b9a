#!/bin/sh
# The published image is compiled with protected mode off; Debian's program has it on.
case "$1 $*" in
  *protected-mode*) ;;
  valkey-server*) set -- "$@" --protected-mode no ;;
esac
exec "$@"
