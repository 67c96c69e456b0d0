#!/bin/sh
# Starts the gateway's relay where bubblewrap made the pod: as gateway.sh does, but nobody here is root, and three
# capabilities over this pod's own namespaces serve what follows. Then they are given up, for good.
set -e
# What is mounted must be what was granted, by device and inode: somebody may have put a link in the place of a path.
n=0
while [ "$1" != -- ]; do
  if [ "$(stat -c %d:%i "/run/spendwise/grants/$n")" != "$1" ]; then
    echo 'a granted path was replaced while the server started' >&2
    exit 78
  fi
  n=$((n + 1))
  shift
done
shift
# Every address is this pod's own loopback, so that an attempt at any lands on the relay and is recorded. Without `ip`
# nothing is weaker, only those records are missing.
if command -v ip >/dev/null; then
  # Forced: the second also where the first fails.
  printf 'route add local 0.0.0.0/0 dev lo\nroute add local ::/0 dev lo\n' | ip -force -batch - 2>/dev/null || true
fi
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
# The workload's /tmp and /dev/shm: bubblewrap cannot mount noexec, but keeps it.
mount -t tmpfs -o noexec,nosuid,nodev,size=64m,mode=755 scratch /run/spendwise/scratch
mkdir -m 1777 /run/spendwise/scratch/tmp /run/spendwise/scratch/shm
# Where memory runs out, the pod goes first.
echo 1000 >/proc/self/oom_score_adj
exec setpriv --ambient-caps=-all --inh-caps=-all --bounding-set=-all --no-new-privs \
  node /run/spendwise/gateway/relay.mjs "$@"
