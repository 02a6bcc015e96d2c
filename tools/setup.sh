#!/bin/sh
# Installs whatever is lacking of R, a C++ compiler, CMake, doctest and the R packages named in DESCRIPTION.
# Usage: tools/setup.sh [need ...], where a need is a Config/Needs/<need> field of DESCRIPTION.
#
# Debian and Ubuntu, as root or with sudo: apt-get, and install.packages() for what it does not have.
# Elsewhere R and a compiler must be there already; the R packages come from install.packages().
set -eu
cd "$(dirname "$0")/.."

have() { command -v "$1" >/dev/null 2>&1; }

have_doctest() { echo '#include <doctest/doctest.h>' | c++ -E -x c++ - >/dev/null 2>&1; }

apt_usable() { have apt-get && { [ "$(id -u)" = 0 ] || { have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }; }; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

apt_updated=
apt_install() {
  if [ -z "$apt_updated" ]; then
    as_root apt-get update -q
    apt_updated=yes
  fi
  available=
  for package; do
    if apt-cache show "$package" >/dev/null 2>&1; then available="$available $package"; fi
  done
  [ -z "$available" ] || as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 $available
}

if ! { have Rscript && have c++ && have cmake && have_doctest; } && apt_usable; then
  apt_install r-base-core r-base-dev g++ make cmake doctest-dev
fi
case "$*" in
  docs | check) if ! { have pandoc && have qpdf; } && apt_usable; then apt_install pandoc qpdf; fi ;;
esac
if ! have Rscript || ! have c++; then
  echo "moerate needs R (4.1 or later) and a C++17 compiler. Install both, for example with" >&2
  echo "  brew install r cmake doctest     (macOS)" >&2
  echo "  apt-get install r-base-dev cmake doctest-dev     (Debian and Ubuntu, as root)" >&2
  echo "and run this again." >&2
  exit 1
fi

missing=$(Rscript tools/packages.R missing "$@")
if [ -n "$missing" ] && apt_usable; then
  apt_install $(echo "$missing" | tr '[:upper:]' '[:lower:]' | sed 's/^/r-cran-/')
fi
if [ -n "$missing" ]; then Rscript tools/packages.R install "$@"; fi
