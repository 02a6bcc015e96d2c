#!/bin/sh
# The R tests on the package in build/library, then the C++ tests of the core under sanitizers.
# Last line: "N passed, N failed, N skipped". Fails when a test failed, or when one of the two did not come to its end.
set -u
cd "$(dirname "$0")/.."
. ./tools/env.sh

counts=$PWD/build/counts
rm -rf "$counts"
mkdir -p "$counts"

sh tools/library.sh && Rscript tools/test.R "$counts/r"
[ -s "$counts/r" ] || echo 0 1 0 >"$counts/r"
sh tests/cpp/run.sh "$counts"

echo
awk '
  { passed += $1; failed += $2; skipped += $3 }
  END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }
' "$counts"/r "$counts"/cpp* >"$counts/total"
status=$?
cat "$counts/total"
exit $status
