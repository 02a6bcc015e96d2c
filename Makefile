# Each target works on a fresh clone: `setup` comes first and installs what is lacking.
.POSIX:
.PHONY: help setup library demo studies test check gate nightly bench docs clean

RUN = . ./tools/env.sh && Rscript
STUDIES = P1-overlap P1-parameters P1-inequality P1-published P1-starts P2-regression P2-strong P2-ridge-2 P2-poly P2-gates \
  K-select K-truths K-real U-coverage

help:
	@echo "make demo     fit three classic data sets, run a small study; figures, tables and a summary in demo-output/"
	@echo "make studies  run every stored study anew: an hour or two"
	@echo "make test     R tests, and the C++ core under sanitizers"
	@echo "make check    R CMD check --as-cran, with tests and vignettes"
	@echo "make gate     what continuous integration runs: the tests of the level full, and R CMD check"
	@echo "make nightly  all of that at the level nightly, every promise, 3,000 random cases: hours"
	@echo "make bench    speed and memory beside other packages"
	@echo "make docs     help pages, and the web site in docs/"
	@echo "make setup    install R, tools and packages that are lacking"
	@echo "make clean    remove everything the other targets made"

setup:
	@sh tools/setup.sh

library: setup
	@sh tools/library.sh

demo: library
	$(RUN) tools/demo.R demo-output

studies: library
	for id in $(STUDIES); do $(RUN) studies/$$id/run.R || exit 1; done

test: setup
	@sh tools/test.sh

check: setup
	@sh tools/setup.sh check
	@sh tools/check.sh

gate: setup
	@sh tools/setup.sh check
	@MOERATE_TEST_LEVEL=$${MOERATE_TEST_LEVEL:-full} sh tools/test.sh check

nightly: setup
	@sh tools/setup.sh check
	@MOERATE_TEST_LEVEL=nightly sh tools/test.sh check nightly

bench: library
	@sh tools/setup.sh bench
	$(RUN) bench/run.R

docs: setup
	@sh tools/setup.sh docs
	$(RUN) tools/docs.R

clean:
	rm -rf build demo-output docs
