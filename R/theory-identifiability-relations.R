# Linear dependence of functions: their triangular factor, its singular values, relations with names ------------

#' The factor R of a QR decomposition of the weighted values of a family, by blocks of rows
#'
#' R'R is the Gram matrix of the functions. Working with R instead keeps singular values accurate to
#' rounding, where those of the Gram matrix are lost below its square root.
#' @noRd
family_triangle <- function(family, rule, block = 30000) {
  per_row <- if (family$gaussian) 64 * n_experts(family$measure) else 1
  size <- max(1, block %/% per_row)
  rows <- split(seq_along(rule$weight), (seq_along(rule$weight) - 1) %/% size)
  part <- function(m, i) m[i, , drop = FALSE]
  triangles <- lapply(rows, function(i) {
    scaled <- list(x = part(rule$scaled$x, i), z = part(rule$scaled$z, i))
    block <- family_values(family, part(rule$x, i), part(rule$z, i), rule$weight[i], scaled)
    triangular(sqrt(block$weight) * block$values)
  })
  # all at once: one after the other would add up rounding errors
  triangular(do.call(rbind, triangles))
}

triangular <- function(m) {
  # LAPACK pivots; base R's default would drop what is nearly dependent
  decomposition <- qr(m, LAPACK = TRUE)
  qr.R(decomposition)[, order(decomposition$pivot), drop = FALSE]
}

#' Singular values, rank, margin and relations of the columns of a triangular factor
#' @noRd
dependence <- function(triangle, functions, type, tolerance) {
  norm <- sqrt(colSums(triangle^2))
  zero <- norm <= tolerance * max(norm)
  unit <- sweep(triangle, 2, ifelse(zero, 1, norm), `/`)
  unit[, zero] <- 0
  decomposition <- svd(unit, nu = 0)
  singular <- decomposition$d
  # fewer rows than functions: the rest is zero
  singular <- c(singular, rep(0, ncol(unit) - length(singular)))
  rank <- sum(singular > tolerance)
  list(
    singular = singular, rank = rank, margin = singular[length(singular)], gap = singular[rank],
    norm = norm, relations = find_relations(unit, norm, zero, functions, type, tolerance),
    nearest = nearest_dependency(decomposition, singular, rank, norm, functions)
  )
}

#' The combination of unit functions that is smallest without being zero
#' @noRd
nearest_dependency <- function(decomposition, singular, rank, norm, functions) {
  coefficient <- decomposition$v[, rank]
  order <- order(-abs(coefficient))
  data.frame(
    `function` = full_names(functions)[order], coefficient = coefficient[order], norm = norm[order],
    check.names = FALSE
  )
}

full_names <- function(functions) {
  if (max(functions$expert) == 1) functions$name else sprintf("%s [%d]", functions$name, functions$expert)
}

# Relations ------------------------------------------------------------------------------------------------

#' Relations among the functions of each expert first, then among what is left of all experts
#' @return A list: column `left` is the sum of `coefficient` times columns `right`, to a relative error `residual`.
#' @noRd
find_relations <- function(unit, norm, zero, functions, type, tolerance) {
  relations <- lapply(which(zero), function(i) list(left = i, right = integer(), coefficient = numeric(), residual = 0))
  reduce <- function(columns) {
    multiples <- eliminate(columns[simplest_first(functions[columns, ], type)], unit, tolerance, multiple_of)
    # derivatives of high order are the simplest functions of a polynomial: others are written in them
    kept <- multiples$kept
    kept <- kept[order(-functions$gamma_order[kept], -functions$nu_order[kept])]
    combinations <- eliminate(kept, unit, tolerance, combination_of)
    list(relations = c(multiples$relations, combinations$relations), kept = sort(combinations$kept))
  }
  experts <- split(seq_along(zero)[!zero], functions$expert[!zero])
  each <- lapply(experts, reduce)
  relations <- c(relations, unlist(lapply(each, `[[`, "relations"), FALSE, FALSE))
  if (length(each) > 1) relations <- c(relations, reduce(unlist(lapply(each, `[[`, "kept")))$relations)
  lapply(relations, function(relation) {
    relation$coefficient <- relation$coefficient * norm[relation$left] / norm[relation$right]
    relation
  })
}

#' The order that decides which of several proportional functions the others are called multiples of
#' @noRd
simplest_first <- function(functions, type) {
  nu <- functions$nu_order
  if (type == "interaction") return(order(functions$expert, functions$gamma_order + nu, nu))
  # as one writes dh/da = x dh/db
  order(functions$expert, functions$gamma_order, -nu)
}

#' Columns in their order, each either independent of those kept before it or in relation to them
#' @param relate Function that gives a relation, or `NULL`.
#' @noRd
eliminate <- function(columns, unit, tolerance, relate) {
  kept <- integer()
  relations <- list()
  for (i in columns) {
    relation <- if (length(kept)) relate(i, kept, unit, tolerance)
    if (is.null(relation)) kept <- c(kept, i) else relations <- c(relations, list(relation))
  }
  list(kept = kept, relations = relations)
}

multiple_of <- function(i, others, unit, tolerance) {
  cosine <- drop(crossprod(unit[, others, drop = FALSE], unit[, i]))
  off <- sqrt(colSums((unit[, i] - sweep(unit[, others, drop = FALSE], 2, cosine, `*`))^2))
  best <- which.min(off)
  if (off[best] > tolerance) return(NULL)
  list(left = i, right = others[best], coefficient = cosine[best], residual = off[best])
}

#' A relation has to be the only one among its functions. Combinations of many smooth functions that cancel to rounding
#' are not: leave some of them out, and others still do.
#' @noRd
combination_of <- function(i, others, unit, tolerance) {
  basis <- unit[, others, drop = FALSE]
  coefficient <- qr.coef(qr(basis, LAPACK = TRUE), unit[, i])
  residual <- sqrt(sum((unit[, i] - drop(basis %*% coefficient))^2))
  if (!is.finite(residual) || residual > tolerance) return(NULL)
  # what rounding leaves of a coefficient that is zero
  used <- abs(coefficient) > 1e-6 * max(abs(coefficient))
  size <- svd(unit[, c(i, others[used]), drop = FALSE], 0, 0)$d
  if (size[length(size) - 1] < sqrt(tolerance)) return(NULL)
  list(left = i, right = others[used], coefficient = coefficient[used], residual = residual)
}

# Relations as text ----------------------------------------------------------------------------------------

#' A row per relation; one that holds within several experts is written once
#' @noRd
relations_table <- function(relations, functions) {
  rows <- lapply(relations, function(relation) {
    members <- c(relation$left, relation$right)
    experts <- sort(unique(functions$expert[members]))
    labels <- if (length(experts) == 1) functions$name else full_names(functions)
    data.frame(
      relation = relation_text(relation, labels), experts = toString(experts),
      terms = length(members), residual = relation$residual
    )
  })
  table <- do.call(rbind, rows) %||% data.frame(
    relation = character(), experts = character(), terms = integer(), residual = numeric()
  )
  first <- !duplicated(table$relation)
  same <- match(table$relation, table$relation)
  merged <- table[first, ]
  merged$experts <- vapply(which(first), function(i) toString(table$experts[same == i]), "")
  merged$residual <- vapply(which(first), function(i) max(table$residual[same == i]), 0)
  merged <- merged[order(merged$terms, grepl("[", merged$relation, fixed = TRUE)), ]
  rownames(merged) <- NULL
  merged
}

relation_text <- function(relation, labels, most = 4) {
  if (length(relation$right) == 0) return(paste(labels[relation$left], "= 0"))
  coefficient <- relation$coefficient
  size <- ifelse(abs(abs(coefficient) - 1) < 1e-6, "", paste0(format_each(signif(abs(coefficient), 4)), " "))
  sign <- ifelse(coefficient < 0, "- ", "+ ")
  terms <- paste0(sign, size, labels[relation$right])
  # a leading plus is not written, a leading minus without its space
  terms[1] <- sub("^- ", "-", sub("^[+] ", "", terms[1]))
  more <- length(terms) - most
  if (more > 0) terms <- c(terms[seq_len(most)], sprintf("+ ... (%d more)", more))
  paste(labels[relation$left], "=", paste(terms, collapse = " "))
}

#' Functions are compared with each other: the time grows with the fourth power of their number
#' @noRd
check_family_size <- function(family, call, most = 1500) {
  p <- ncol(family$measure$beta1)
  q <- length(family$kept)
  # monomials of degree `order` in as many variables
  size <- n_experts(family$measure) *
    if (family$type == "independence") 3 * choose(p + 2, 2) else choose(p + q + family$order, family$order)
  if (size <= most) return(invisible())
  moe_abort(c(
    "The family has too many functions to look for relations among them.",
    x = "Found {size}; at most {most} are compared. Covariates of the gate: {p}, parameters of each expert: {q}.",
    i = "Use {.code order = 1}, fewer {.arg parameters}, or a model with fewer covariates."
  ), class = "unsupported", call = call)
}
