// The headers of R's side, as system headers: their warnings are not ours. Rcpp puts this file
// before all others in RcppExports.cpp.
#pragma once
#pragma GCC system_header
#include <Rcpp.h>
#include <RcppEigen.h>
#include <RcppParallel.h>
