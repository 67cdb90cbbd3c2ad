#!/usr/bin/env bash
# A real S3 server for the tests: Ceph RGW on 127.0.0.1:7480, in memory, access key `test`, secret `testsecret`.
#
#   ceph.sh start    installs what is missing, starts it, prints its URL (does nothing where it already answers)
#   ceph.sh stop     ends it and removes its directory
#
# Debian or Ubuntu, as root. SPECSTAR_CEPH_DIR is its directory (default: specstar-ceph in the temporary directory).
set -euo pipefail

dir="${SPECSTAR_CEPH_DIR:-${TMPDIR:-/tmp}/specstar-ceph}"
url="http://127.0.0.1:7480"
conf="$dir/ceph.conf"

answers() { (exec 3<>/dev/tcp/127.0.0.1/7480) 2>/dev/null; }

within() { # seconds, what, command: waits until the command succeeds
  local until=$((SECONDS + $1)) what="$2"
  shift 2
  until "$@"; do
    if ((SECONDS >= until)); then
      echo "$what did not start; its log is in $dir/log" >&2
      exit 1
    fi
    sleep 0.2
  done
}

install_packages() {
  command -v ceph-mon ceph-osd radosgw radosgw-admin ceph >/dev/null && return
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends ceph-mon ceph-osd radosgw ceph-common
}

write_conf() {
  mkdir -p "$dir"/{mon,osd,run,log,rgw}
  cat >"$conf" <<CONF
[global]
fsid = $1
mon initial members = a
mon host = v2:127.0.0.1:40300/0
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $dir/keyring
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind ipv6 = false
ms bind msgr1 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 1
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 8589934592
osd class update on start = false
mon data = $dir/mon
osd data = $dir/osd
rgw data = $dir/rgw
run dir = $dir/run
admin socket = $dir/run/\$cluster-\$name.asok
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
crash dir = $dir/log
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:7480 tcp_nodelay=1
rgw enable usage log = false
rgw enable ops log = false
rgw dynamic resharding = false
rgw gc max objs = 1
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw lc max objs = 1
rgw reshard num logs = 1
rgw enable lc threads = false
rgw run sync thread = false
rgw thread pool size = 64
CONF
}

make_keys() {
  local key=(ceph-authtool "$dir/keyring" --gen-key --cap mon)
  ceph-authtool -C "$dir/keyring" -n mon. --gen-key --cap mon 'allow *'
  "${key[@]}" 'allow *' -n client.admin --cap osd 'allow *' --cap mgr 'allow *'
  "${key[@]}" 'allow profile osd' -n osd.0 --cap osd 'allow *'
  "${key[@]}" 'allow rw' -n client.rgw.a --cap osd 'allow rwx'
}

osd_is_up() { ceph -c "$conf" osd stat 2>/dev/null | grep -q '1 up'; }

start() {
  if answers; then
    echo "$url"
    return
  fi
  if [ "$(id -u)" != 0 ]; then
    echo "Ceph has to be started by root: sudo $0 start" >&2
    exit 1
  fi
  stop
  mkdir -p "$dir/log"
  exec 3>&1 >"$dir/log/start" 2>&1
  trap '[ $? = 0 ] || tail -20 "$dir/log/start" >&3' EXIT
  local fsid osd
  fsid="$(cat /proc/sys/kernel/random/uuid)"
  osd="$(cat /proc/sys/kernel/random/uuid)"
  install_packages
  write_conf "$fsid"
  make_keys
  monmaptool --create --fsid "$fsid" --addv a v2:127.0.0.1:40300 "$dir/monmap"
  ceph-mon -c "$conf" --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
  ceph-mon -c "$conf" -i a 3>&-
  ceph -c "$conf" osd new "$osd"
  ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$osd"
  ceph-osd -c "$conf" -i 0 3>&-
  within 60 "The Ceph OSD" osd_is_up
  radosgw -c "$conf" -n client.rgw.a 3>&-
  within 60 "The Ceph gateway" answers
  radosgw-admin -c "$conf" user create --uid=test --display-name=test --access-key=test --secret-key=testsecret
  echo "$url" >&3
}

stop() {
  local pid file
  for file in "$dir"/run/*.pid; do
    [ -e "$file" ] || continue
    pid="$(cat "$file")"
    # Only what was started in this directory: the number may belong to somebody else by now.
    if grep -qz -- "$conf" "/proc/$pid/cmdline" 2>/dev/null; then
      # There is nothing to save: it lives in memory.
      kill -KILL "$pid"
      within 20 "The end of $pid" test ! -e "/proc/$pid"
    fi
  done
  rm -rf "$dir"
}

case "${1:-}" in
  start | stop) "$1" ;;
  *)
    echo "Usage: $0 start|stop" >&2
    exit 2
    ;;
esac
