#!/usr/bin/env bash
# RabbitMQ for the tests, on 127.0.0.1:5672, user `guest`, password `guest`.
#
#   rabbitmq.sh start    installs what is missing, starts it, prints its URL (does nothing where it already answers)
#   rabbitmq.sh stop     ends it and removes its directory
#
# Debian or Ubuntu, as root. SPECSTAR_RABBITMQ_DIR is its directory (default: specstar-rabbitmq in the temporary directory).
set -euo pipefail

dir="${SPECSTAR_RABBITMQ_DIR:-${TMPDIR:-/tmp}/specstar-rabbitmq}"
url="amqp://guest:guest@127.0.0.1:5672"
epmd_port=43690
dist_port=43691

answers() { (exec 3<>/dev/tcp/127.0.0.1/5672) 2>/dev/null; }

# The package starts a server of its own where it can: here it is only unpacked for its programs.
install_packages() {
  [ -x "$(programs)/rabbitmq-server" ] && return
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends rabbitmq-server
}

programs() { dirname "$(dpkg -L rabbitmq-server 2>/dev/null | grep 'lib/rabbitmq/bin/rabbitmqctl$' || echo /nowhere/rabbitmqctl)"; }

as_rabbitmq() { # program, arguments: with this directory and no other
  local program="$1"
  shift
  runuser -u rabbitmq -- env HOME="$dir/home" RABBITMQ_NODENAME=specstar@localhost RABBITMQ_CONFIG_FILE="$dir/rabbitmq" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$dir/plugins" RABBITMQ_MNESIA_BASE="$dir/db" RABBITMQ_LOG_BASE="$dir/log" \
    RABBITMQ_PID_FILE="$dir/pid" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd_port RABBITMQ_DIST_PORT=$dist_port "$(programs)/$program" "$@"
}

start() {
  if answers; then
    echo "$url"
    return
  fi
  if [ "$(id -u)" != 0 ]; then
    echo "RabbitMQ has to be started by root: sudo $0 start" >&2
    exit 1
  fi
  stop
  mkdir -p "$dir"/{db,log,home}
  exec 3>&1 >"$dir/log/start" 2>&1
  trap '[ $? = 0 ] || tail -20 "$dir/log/start" >&3' EXIT
  install_packages
  # Where installing it has started it after all, there is nothing left to do.
  if ! answers; then
    printf '[].' >"$dir/plugins"
    printf 'listeners.tcp.1 = 127.0.0.1:5672\ndistribution.listener.interface = 127.0.0.1\nvm_memory_high_watermark.absolute = 1GiB\n' >"$dir/rabbitmq.conf"
    chown -R rabbitmq "$dir"
    as_rabbitmq rabbitmq-server </dev/null 3>&- &
    as_rabbitmq rabbitmqctl -q wait --timeout 120 "$dir/pid"
    as_rabbitmq rabbitmqctl -q await_startup
  fi
  echo "$url" >&3
}

stop() {
  local pid
  if [ -e "$dir/pid" ]; then
    pid="$(cat "$dir/pid")"
    # Only what was started in this directory: the number may belong to somebody else by now.
    if grep -qz -- "$dir" "/proc/$pid/cmdline" 2>/dev/null; then
      kill -KILL "$pid"
      for _ in $(seq 100); do [ -e "/proc/$pid" ] && sleep 0.2 || break; done
      # The node is gone from it; without nodes it ends when it is asked to.
      ERL_EPMD_PORT=$epmd_port epmd -kill >/dev/null 2>&1 || true
    fi
  fi
  rm -rf "$dir"
}

case "${1:-}" in
  start | stop) "$1" ;;
  *)
    echo "Usage: $0 start|stop" >&2
    exit 2
    ;;
esac
