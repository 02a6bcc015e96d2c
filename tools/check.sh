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

log=moerate.Rcheck/00check.log
# Debian keeps the headers of BH elsewhere, so that R finds no include directory there.
remarks=$(awk '
  /\.\.\. .*(NOTE|WARNING|ERROR)$/ {
    head = $0
    getline body
    if (head ~ /NOTE$/ && head ~ /CRAN incoming feasibility|installed package size|for future file timestamps/) next
    if (head ~ /NOTE$/ && head ~ /DESCRIPTION meta-information/ && body ~ /LinkingTo.*BH/) next
    print head
    print body
  }' "$log")
if [ -n "$remarks" ]; then
  echo "R CMD check remarks on, beyond the notes that cannot be avoided:"
  echo "$remarks"
  status=1
fi
exit $status
