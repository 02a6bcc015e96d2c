// Eigen's port of MINPACK's Levenberg-Marquardt, as a system header: its warnings are not ours.
#pragma once
#pragma GCC system_header
#include <Eigen/Dense>
#include <unsupported/Eigen/NonLinearOptimization>
