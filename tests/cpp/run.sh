#!/bin/sh
# Builds and runs the C++ tests of the core: all of them under the address and undefined-behaviour sanitizers, those of
# threads under the thread sanitizer too.
# Usage: tests/cpp/run.sh [FILE]; FILE gets how many tests passed, failed, were skipped.
set -u
unset MAKEFLAGS MAKELEVEL
cd "$(dirname "$0")/../.."

counts=${1:-build/counts/cpp}
mkdir -p "$(dirname "$counts")"

if ! command -v cmake >/dev/null || ! echo '#include <doctest/doctest.h>' | c++ -E -x c++ - >/dev/null 2>&1; then
  echo "C++ tests not run: CMake or doctest is missing (tools/setup.sh installs them where it can)."
  if [ -n "${CI:-}" ]; then echo 0 1 0 >"$counts"; else echo 0 0 1 >"$counts"; fi
  exit 0
fi

# The thread sanitizer of older compilers cannot live with much address randomisation; switch it off where allowed.
fixed_addresses=
if setarch -R true 2>/dev/null; then fixed_addresses="setarch -R"; fi
includes=$(Rscript -e 'cat(vapply(c("RcppEigen", "BH", "sitmo"), function(p) system.file("include", package = p), ""), sep = ";")')

build=build/cpp
rm -f "$build/junit.xml"
status=0
cmake -S tests/cpp -B "$build" -DCORE_INCLUDES="$includes" >/dev/null &&
  $fixed_addresses cmake --build "$build" --parallel 2 &&
  $fixed_addresses ctest --test-dir "$build" --parallel 2 --output-on-failure --no-tests=error --output-junit junit.xml ||
  status=1
number() { sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$build/junit.xml" 2>/dev/null | head -n 1; }
all=$(number tests) failed=$(number failures) skipped=$(number skipped)
if [ -z "$all" ] || [ "$all" = 0 ]; then all=1 failed=1 skipped=0; fi
echo "$((all - failed - skipped)) $failed $skipped" >"$counts"
exit $status
