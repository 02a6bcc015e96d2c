// Eigen, as a system header: its hundreds of warnings are not ours.
#pragma once
#pragma GCC system_header
#include <Eigen/Dense>
