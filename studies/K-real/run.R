# K-real: what the criteria choose on real data, and how well that predicts rows that took no part.
source("studies/common.R")
source("studies/choosing.R")
seed <- 2026
arguments <- list(splits = replicates(12), share = 2 / 3, folds = 5, starts = 60)

ozone <- na.omit(airquality[c("Ozone", "Temp", "Wind")])
sets <- list(
  list("quakes", stations ~ mag, quakes), list("quakes, depth", stations ~ mag + depth, quakes),
  list("airquality", Ozone ~ Temp, ozone), list("airquality, wind", Ozone ~ Temp + Wind, ozone),
  list("faithful", waiting ~ eruptions, faithful), list("geyser", waiting ~ duration, MASS::geyser),
  list("birthwt", bwt ~ lwt, MASS::birthwt), list("cars", dist ~ speed, cars), list("GAGurine", GAG ~ Age, MASS::GAGurine),
  list("Boston", medv ~ lstat, MASS::Boston), list("Boston, rooms", medv ~ lstat + rm, MASS::Boston),
  list("mcycle", accel ~ times, MASS::mcycle), list("ethanol", NOx ~ E, lattice::ethanol),
  list("environmental", ozone ~ temperature, lattice::environmental), list("swiss", Fertility ~ Education, swiss),
  list("cats", Hwt ~ Bwt, MASS::cats), list("Cars93", MPG.city ~ Weight, MASS::Cars93), list("iris", Petal.Width ~ Sepal.Length, iris)
)

# Up to five experts, of which every one has some twelve training rows
offered <- function(n) seq_len(max(3, min(5, floor(n / 12))))

one <- function(cell) {
  set <- sets[[cell$set]]
  data <- set[[3]]
  set.seed(seed + cell$split)
  training <- sort(sample(nrow(data), round(arguments$share * nrow(data))))
  k <- offered(length(training))
  choice <- select_k(
    set[[2]], data[training, ], k = k, folds = arguments$folds,
    control = moe_control(seed = cell$split, threads = 1, starts = arguments$starts, progress = FALSE)
  )
  fits <- attr(choice, "fits")
  held <- vapply(fits, function(fit) {
    if (is.null(fit)) return(NA_real_)
    mean(predict(fit, data[-training, ], type = "density", log = TRUE))
  }, 0)
  table <- data.frame(
    set = set[[1]], n = nrow(data), split = cell$split, k = k, held = held,
    status = vapply(fits, function(fit) if (is.null(fit)) "error" else fit$status, "")
  )
  cbind(table, rbind(chosen_k(choice))[rep(1, length(k)), ], row.names = NULL)
}

cells <- expand.grid(split = seq_len(arguments$splits), set = seq_along(sets))
rows <- by_cell("K-real", cells, one)
for (set in split(rows, rows$set)) {
  first <- set[!duplicated(set$split), ]
  cat(set$set[1], vapply(criteria, function(name) paste(name, paste(first[[name]], collapse = "")), ""), "\n")
}
save_result("K-real", list(rows = rows), seed, arguments, cpu = sum(rows$seconds))
