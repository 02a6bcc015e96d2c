#!/bin/sh
# R CMD check --as-cran on the built package, in build/check. The PDF manual is left out where there is no LaTeX.
set -eu
cd "$(dirname "$0")/.."
. ./tools/env.sh

manual=
if ! command -v pdflatex >/dev/null; then manual=--no-manual; fi
rm -rf build/check
mkdir -p build/check
cd build/check
R CMD build ../..
R CMD check --as-cran $manual moerate_*.tar.gz
