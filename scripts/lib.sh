# Sourced by the scripts here: messages, packages, and the tools that setup keeps under target/.

export PATH="$PWD/target/tools/bin:$PATH"

say() { echo "setup: $*"; }

die() {
  echo "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# install_packages NAME... : from Debian, or says what to install where that cannot be done.
install_packages() {
  local as_root=()
  have apt-get || die "please install: $*"
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || die "please install as root: apt-get install $*"
    as_root=(sudo)
  fi
  say "installing Debian packages: $*"
  "${as_root[@]}" apt-get update -qq </dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}
