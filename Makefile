# Each target works on a fresh clone: `setup` comes first and installs what is lacking.
.POSIX:
.PHONY: help setup library demo studies test check bench docs clean

RUN = . ./tools/env.sh && Rscript
STUDIES = P1-overlap P1-parameters P1-inequality P1-published P1-starts P2-regression P2-strong P2-ridge-2 P2-poly P2-gates \
  K-select K-truths K-real U-coverage

help:
	@echo "make demo     fit three classic data sets, run a small study; figures, tables and a summary in demo-output/"
	@echo "make studies  run every stored study anew: about half an hour"
	@echo "make test     R tests, and the C++ core under sanitizers"
	@echo "make check    R CMD check --as-cran"
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

bench: library
	@sh tools/setup.sh bench
	$(RUN) bench/run.R

docs: setup
	@sh tools/setup.sh docs
	$(RUN) tools/docs.R

clean:
	rm -rf build demo-output docs
