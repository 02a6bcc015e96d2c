// Boost's Gauss-Kronrod rule, as a system header: its warnings are not ours.
#pragma once
#pragma GCC system_header
#include <boost/math/quadrature/gauss_kronrod.hpp>
