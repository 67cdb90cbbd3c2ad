#!/usr/bin/env bash
# The browser of the tests: installs Debian's Chromium where there is none. Debian or Ubuntu, as root.
set -euo pipefail

command -v chromium >/dev/null && exit
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends chromium
