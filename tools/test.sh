#!/bin/sh
# The R tests on the package in build/library, the C++ tests of the core under sanitizers, and the rules of the house
# that a script can see. `tools/test.sh check` also builds the package with its vignettes and runs R CMD check on it,
# without the tests and vignettes that have run by then; `tools/test.sh nightly` also asks for every promise.
# Last line: "N passed, N failed, N skipped". Fails when a test failed, or when a part did not come to its end.
set -u
cd "$(dirname "$0")/.."
. ./tools/env.sh

counts=$PWD/build/counts
rm -rf "$counts"
mkdir -p "$counts"

# A part that is one test by itself
one() {
  name=$1
  shift
  echo
  if "$@"; then echo 1 0 0 >"$counts/$name"; else echo 0 1 0 >"$counts/$name"; fi
}

sh tools/library.sh && Rscript tools/test.R "$counts/r"
[ -s "$counts/r" ] || echo 0 1 0 >"$counts/r"
sh tests/cpp/run.sh "$counts/cpp"
for rule in layers messages; do one "$rule" Rscript "tools/$rule.R"; done
for part; do
  case $part in
    # what the repositories of R know of the package is asked before a release alone
    check) one check env _R_CHECK_CRAN_INCOMING_REMOTE_=false sh tools/check.sh --no-tests --no-vignettes ;;
    nightly)
      one promises Rscript tools/promises.R
      one fuzz Rscript tools/fuzz.R 3000
      one vignettes Rscript tools/check-vignettes.R
      ;;
  esac
done

echo
awk '
  { passed += $1; failed += $2; skipped += $3 }
  END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }
' "$counts"/* >"$counts.total"
status=$?
cat "$counts.total"
exit $status
