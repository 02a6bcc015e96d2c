#!/bin/sh
# R CMD check --as-cran on the package built with its vignettes, in build/check. The PDF manual is left out where there
# is no LaTeX. Fails at an error, a warning, or a note that is not one of those of cran-comments.md.
# Usage: tools/check.sh [OPTION of R CMD check ...]
set -eu
cd "$(dirname "$0")/.."
. ./tools/env.sh
export MAKEFLAGS=-j2 NOT_CRAN=false

manual=
if ! command -v pdflatex >/dev/null; then manual=--no-manual; fi
rm -rf build/check
mkdir -p build/check
cd build/check
R CMD build ../..
status=0
R CMD check --as-cran $manual "$@" moerate_*.tar.gz || status=1

unavoidable='CRAN incoming feasibility|installed package size|future file timestamps|LinkingTo|unable to verify current time'
log=moerate.Rcheck/00check.log
remarks=$(grep -E '\.\.\. .*(NOTE|WARNING|ERROR)$' "$log" | grep -vE "^\* checking ($unavoidable) .*NOTE$" || true)
if [ -n "$remarks" ]; then
  echo "R CMD check remarks on, beyond the notes that cannot be avoided:"
  echo "$remarks"
  status=1
fi
exit $status
