# Equivalent parameters of an expert: values of eta that give one and the same function ------------------
# An expert is read as H units v_j A(W_j'x + c_j) and a level u: a ridge or polynomial expert is one unit with
# v = 1 and u = 0. Its symmetries are the permutations of the units, the maps of single units in `unit_maps`,
# and for ReLU the scale of a unit.

#' Maps of a unit that leave the function as it is:
#' (c, W, v, u) -> (sign c + turn, sign W, flip v, u + lift v)
#' @noRd
unit_maps <- list(
  even = rbind(c(sign = -1, turn = 0, flip = 1, lift = 0)),
  odd = rbind(c(-1, 0, -1, 0)),
  tanh = rbind(c(-1, 0, -1, 0)),
  sigmoid = rbind(c(-1, 0, -1, 1)),
  sine = rbind(c(-1, 0, -1, 0), c(1, pi, -1, 0), c(-1, pi, 1, 0))
)

#' @return `maps`: the identity and the maps that the expert has; `period` of c, `scaled`: is v a matter of scale?
#' @noRd
symmetries <- function(expert) {
  activation <- kind_of(expert)$activation(expert)
  network <- kind_of(expert)$eta
  maps <- rbind(c(sign = 1, turn = 0, flip = 1, lift = 0), unit_maps[[activation]])
  # without v and u of its own an expert has only the maps that leave them as they are
  if (!network) maps <- maps[maps[, "flip"] == 1 & maps[, "lift"] == 0, , drop = FALSE]
  list(
    maps = maps, period = if (activation == "sine") 2 * pi else Inf, scaled = network && activation == "relu",
    any = network || nrow(maps) > 1
  )
}

#' One row of parameters as units: `inner` H x (1 + d) with (c, W), `outer` v, and `level` u
#' @noRd
as_units <- function(eta, expert) {
  if (!kind_of(expert)$eta) return(list(inner = matrix(eta, 1), outer = 1, level = 0))
  hidden <- expert$hidden
  inner <- seq_len(length(eta) - hidden - 1)
  list(
    inner = matrix(eta[inner], hidden, byrow = TRUE), outer = eta[length(inner) + seq_len(hidden)],
    level = eta[length(eta)]
  )
}

from_units <- function(units, expert) {
  if (kind_of(expert)$eta) c(t(units$inner), units$outer, units$level) else as.vector(units$inner)
}

#' All units under one map: an H x (d + 2) matrix with (c, W, v)
#' @noRd
mapped <- function(units, map) {
  inner <- map[["sign"]] * units$inner
  inner[, 1] <- inner[, 1] + map[["turn"]]
  cbind(inner, map[["flip"]] * units$outer)
}

#' The number nearest to zero among those that differ by whole periods
#' @noRd
wrapped <- function(x, period) if (is.finite(period)) x - period * round(x / period) else x

#' The form that stands for all equivalent ones, of every row of a k x q matrix of parameters
#' @noRd
canonical_forms <- function(eta, expert) {
  same <- symmetries(expert)
  if (!same$any) return(eta)
  for (i in seq_len(nrow(eta))) {
    eta[i, ] <- from_units(canonical_units(as_units(eta[i, ], expert), same), expert)
  }
  eta
}

canonical_units <- function(units, same) {
  if (same$scaled) {
    scale <- ifelse(units$outer == 0, 1, abs(units$outer))
    units$inner <- units$inner * scale
    units$outer <- units$outer / scale
  }
  last <- ncol(units$inner) + 1
  for (j in seq_along(units$outer)) {
    unit <- list(inner = units$inner[j, , drop = FALSE], outer = units$outer[j])
    forms <- do.call(rbind, apply(same$maps, 1, mapped, units = unit, simplify = FALSE))
    forms[, 1] <- wrapped(forms[, 1], same$period)
    leading <- apply(forms[, seq_len(last - 2) + 1, drop = FALSE], 1, leading_sign)
    best <- order(-sign(forms[, last]), -leading, abs(forms[, 1]), -forms[, 1])[1]
    units$level <- units$level + same$maps[[best, "lift"]] * unit$outer
    units$inner[j, ] <- forms[best, -last]
    units$outer[j] <- forms[best, last]
  }
  columns <- cbind(units$inner[, -1, drop = FALSE], units$inner[, 1], units$outer)
  sorted <- do.call(order, lapply(seq_len(ncol(columns)), function(column) columns[, column]))
  list(inner = units$inner[sorted, , drop = FALSE], outer = units$outer[sorted], level = units$level)
}

#' Sign of the first element that is not zero
#' @noRd
leading_sign <- function(x) c(sign(x[x != 0]), 0)[1]

#' For every row of eta and every row of a truth, the equivalent form of the one that is nearest to the other
#'
#' Both in canonical form, which is unique but not continuous: units whose first weights are almost equal, or a
#' weight near zero, may be put in another order, or have another sign, by the least error. So units are matched
#' over permutations, signs and periods. The sign of v alone is left as it is: it can only change where v is near
#' zero, and a unit with v = 0 is none.
#' @return Row i + k (j - 1) holds the form of row i nearest to row j of the truth; eta where forms are unique.
#' @noRd
nearest_forms <- function(eta, truth, expert) {
  same <- symmetries(expert)
  if (!same$any) return(eta)
  same$maps <- same$maps[same$maps[, "lift"] == 0, , drop = FALSE]
  units <- apply(eta, 1, as_units, expert = expert, simplify = FALSE)
  out <- lapply(seq_len(nrow(truth)), function(j) {
    target <- as_units(truth[j, ], expert)
    t(vapply(units, function(u) from_units(nearest_units(u, target, same), expert), truth[j, ]))
  })
  do.call(rbind, out)
}

nearest_units <- function(units, target, same) {
  hidden <- length(units$outer)
  to <- cbind(target$inner, target$outer)
  moved <- apply(same$maps, 1, mapped, units = units, simplify = FALSE)
  # difference[[l]]: of every unit, in its best form, from unit l of the target
  difference <- lapply(seq_len(hidden), function(l) {
    each <- lapply(moved, function(m) {
      m <- m - rep(to[l, ], each = hidden)
      m[, 1] <- wrapped(m[, 1], same$period)
      m
    })
    best <- max.col(-do.call(cbind, lapply(each, function(m) rowSums(m^2))), ties.method = "first")
    do.call(rbind, lapply(seq_len(hidden), function(j) each[[best[j]]][j, ]))
  })
  cost <- vapply(difference, function(m) rowSums(m^2), numeric(hidden))
  chosen <- order(clue::solve_LSAP(matrix(cost, hidden)))
  for (l in seq_len(hidden)) to[l, ] <- to[l, ] + difference[[l]][chosen[l], ]
  last <- ncol(to)
  list(inner = to[, -last, drop = FALSE], outer = to[, last], level = units$level)
}
