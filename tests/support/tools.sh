# shellcheck shell=bash
# What tests/run, tests/bench/peers/run and deploy/check share: the closing table, the cache, Python environments and
# Debian's packages. They source it in the root of the project.

# What is fetched once is kept in this folder.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/vaste"
mkdir -p "$cache"

# ── The closing table: what ran, what could not run, what to install.

table=()
failed=0
passed=0

# row STATE WHAT REMARK
row() { table+=("$(printf '%-14s %-46s %s' "$1" "$2" "$3")"); }

# step WHAT COMMAND...: runs the command and adds a row with its duration to the table.
step() {
  local what=$1 began=$SECONDS
  shift
  echo "── $what"
  if "$@"; then
    row ran "$what" "$((SECONDS - began)) s"
    passed=$((passed + 1))
  else
    row FAILED "$what" "see above; again with: $*"
    failed=$((failed + 1))
  fi
}

missing() {
  row "could not run" "$1" "install $2"
  failed=$((failed + 1))
}

# Prints the table. False if anything failed or could not run.
close_table() {
  echo
  echo "ran · could not run · what to install"
  printf '%s\n' "${table[@]}"
  echo "$passed passed, $failed failed, $SECONDS s in all"
  [ "$failed" -eq 0 ]
}

# ── Packages of PyPI, in virtual environments in the cache.

python_needs="python3 with venv and pip (apt-get install python3-venv); PyPI must be reachable once"

# python_environment NAME PACKAGE...: makes the environment of that name, and makes it again when the packages change.
python_environment() {
  local home="$cache/$1"
  shift
  [ "$(cat "$home/complete" 2>/dev/null)" = "$*" ] && return 0
  command -v python3 >/dev/null || return 1
  rm -rf "$home"
  python3 -m venv "$home" && "$home/bin/pip" install --quiet "$@" || return 1
  echo "$*" >"$home/complete"
}

# ── Prometheus, Alertmanager and their tools: those on the machine, else Debian's packages, unpacked into the
# cache without root rights.

# A fresh machine may have no package lists yet, or old ones: fetches them, if the user is root.
refresh_package_lists() {
  [ "$(id -u)" = 0 ] && apt-get -qq update >/dev/null 2>&1
}

# unpack_from_debian PACKAGE: downloads a package and unpacks it into the cache.
unpack_from_debian() {
  local package=$1 home="$cache/debian"
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then return 1; fi
  mkdir -p "$home/debs"
  (cd "$home/debs" && apt-get -qq download "$package" 2>/dev/null) ||
    { refresh_package_lists && (cd "$home/debs" && apt-get -qq download "$package" 2>/dev/null); } ||
    return 1
  dpkg-deb -x "$home"/debs/"$package"_*.deb "$home"
}

# from_debian PACKAGE BINARY...: puts the binaries of a package on PATH.
from_debian() {
  local package=$1 home="$cache/debian" binary
  shift
  for binary in "$@"; do
    command -v "$binary" >/dev/null && continue
    [ -x "$home/usr/bin/$binary" ] || unpack_from_debian "$package" || return 1
    case ":$PATH:" in *":$home/usr/bin:"*) ;; *) PATH="$PATH:$home/usr/bin" ;; esac
  done
}

prometheus_needs="prometheus and promtool (prometheus.io/download, or apt-get update for Debian's package)"

find_prometheus() {
  from_debian prometheus prometheus promtool || return 1
  VASTE_TEST_PROMTOOL=$(command -v promtool)
  VASTE_TEST_PROMETHEUS=$(command -v prometheus)
  export VASTE_TEST_PROMTOOL VASTE_TEST_PROMETHEUS
}

alertmanager_needs="alertmanager and amtool (prometheus.io/download, or apt-get update for Debian's package)"

# Debian names the binary prometheus-alertmanager. It reads its templates from /usr/share only. If the package is
# unpacked and not installed, the binary runs in a mount namespace that shows the unpacked templates there.
find_alertmanager() {
  local home="$cache/debian"
  VASTE_TEST_ALERTMANAGER=$(command -v alertmanager)
  if [ -z "$VASTE_TEST_ALERTMANAGER" ] || ! command -v amtool >/dev/null; then
    from_debian prometheus-alertmanager prometheus-alertmanager amtool || return 1
    VASTE_TEST_ALERTMANAGER=$(command -v prometheus-alertmanager)
    if [ ! -f /usr/share/prometheus/alertmanager/default.tmpl ]; then
      cat >"$home/alertmanager" <<EOF
#!/bin/sh
exec unshare --user --map-root-user --mount sh -c \
  'mount --bind "\$0" /usr/share && exec "\$@"' "$home/usr/share" "$VASTE_TEST_ALERTMANAGER" "\$@"
EOF
      chmod +x "$home/alertmanager"
      VASTE_TEST_ALERTMANAGER="$home/alertmanager"
      if ! "$VASTE_TEST_ALERTMANAGER" --version >/dev/null 2>&1; then
        # No mount namespaces here: copy the templates to where the package installs them, if permitted.
        mkdir -p /usr/share/prometheus 2>/dev/null &&
          cp -r "$home/usr/share/prometheus/alertmanager" /usr/share/prometheus/ || return 1
        VASTE_TEST_ALERTMANAGER=$(command -v prometheus-alertmanager)
      fi
    fi
  fi
  VASTE_TEST_AMTOOL=$(command -v amtool)
  export VASTE_TEST_ALERTMANAGER VASTE_TEST_AMTOOL
}

kcat_needs="kcat (apt-get install kcat, or apt-get update for Debian's package)"

# Debian's package, if kcat is not installed: its libraries are unpacked, too, and a script names their folder.
find_kcat() {
  local home="$cache/debian" package bin
  bin=$(dirname "$(command -v kcat)")
  # The unpacked program is on PATH, but does not find its libraries by itself.
  if [ "$bin" = . ] || [ "$bin" = "$home/usr/bin" ]; then
    bin="$home/kcat"
    if [ ! -x "$bin/kcat" ]; then
      for package in kcat librdkafka1 libyajl2; do unpack_from_debian "$package" || return 1; done
      mkdir -p "$bin"
      cat >"$bin/kcat" <<EOF
#!/bin/sh
LD_LIBRARY_PATH=\$(echo "$home"/usr/lib/*-linux-gnu) exec "$home/usr/bin/kcat" "\$@"
EOF
      chmod +x "$bin/kcat"
    fi
  fi
  "$bin/kcat" -V >/dev/null 2>&1 && export VASTE_TEST_KCAT_BIN="$bin"
}
