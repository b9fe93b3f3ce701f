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

# unpack_package NAME FILE... : programs of a Debian package into target/tools/bin, and nothing of it on the system.
unpack_package() {
  local name=$1 folder file
  shift
  have apt-get || die "please install: $name"
  say "unpacking the Debian package $name into target/tools"
  mkdir -p target/tools/bin
  folder=$(mktemp --directory)
  # Where lists of packages are missing or old, they are fetched, which needs root.
  if ! (cd "$folder" && apt-get download -qq "$name" >/dev/null 2>&1); then
    update_lists
    (cd "$folder" && apt-get download -qq "$name" >/dev/null) || die "please install: $name"
  fi
  dpkg-deb --extract "$folder/$name"_*.deb "$folder"
  for file in "$@"; do
    mv "$folder/$file" target/tools/bin/
  done
  rm -rf "$folder"
}

update_lists() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || die "please run as root: apt-get update"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq </dev/null
}
