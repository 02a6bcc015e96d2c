// sitmo's Threefry engine and Boost.Random, as system headers: their warnings are not ours.
#pragma once
#pragma GCC system_header
#include <type_traits>

#include <threefry.h>

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>
