#!/usr/bin/env bash
# Finds Chromium, or installs the distribution's package where this user may; otherwise the browser tests skip and name it.
set -u
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if ! command -v apt-get >/dev/null 2>&1; then
  echo "No Chromium found and no apt-get here: the browser tests will skip. Install the package 'chromium' to run them." >&2
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true >/dev/null 2>&1; then
    echo "No Chromium found and no right to install it: the browser tests will skip. Install the package 'chromium' to run them." >&2
    exit 0
  fi
  as_root=(sudo -n)
fi
echo "Installing the distribution's Chromium for the browser tests."
"${as_root[@]}" apt-get update -qq &&
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null ||
  echo "Chromium could not be installed: the browser tests will skip. Install the package 'chromium' to run them." >&2
exit 0
