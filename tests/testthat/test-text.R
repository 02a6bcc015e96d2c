# Text of users, data, files and other conditions in every message that can carry it: it appears as it is (white space
# as one space, or escaped as R prints strings), under the right class, and no code in it is run.

mark <- file.path(tempdir(), "run-by-a-message")
hostile <- c(
  sprintf("{file.create(\"%s\")}", mark), sprintf("{.val {file.create('%s')}}", mark), "{.val x}", "{?s}", "{", "}}",
  "{{x}}", "a`b\"c'd", "100% %s %d", "back\\slash \\n", "two\nlines", "h\u00e9 \u4e2d", "<b>", "{.emph",
  "{x} row{?s}", "#> ! x"
)

if (test_level == "quick") hostile <- hostile[c(1, 4, 8, 11)]

# The ways in which a message may show a text
shown_as <- function(text) {
  inner <- function(quoted) substr(quoted, 2, nchar(quoted) - 1)
  escaped <- function(x) c(x, encodeString(x), inner(encodeString(x, quote = "\"")))
  # names are quoted, and strings that have them in turn
  unique(gsub("\\s+", " ", escaped(c(escaped(text), inner(deparse(as.name(text), backtick = TRUE))))))
}

carries <- function(message, text) {
  message <- gsub("\\s+", " ", message)
  any(vapply(shown_as(text), function(form) grepl(form, message, fixed = TRUE), NA))
}

# Every case signals a condition of the class when it is given a text
expect_text <- function(class, cases, texts = hostile) {
  withr::local_options(cli.width = 10000, cli.num_colors = 1, width = 10000)
  for (name in names(cases)) {
    for (text in texts) {
      caught <- NULL
      keep <- function(cnd) {
        if (!inherits(cnd, class)) return()
        # of several warnings one has the text
        if (is.null(caught) || !carries(conditionMessage(caught), text)) caught <<- cnd
        if (!inherits(cnd, "error")) rlang::cnd_muffle(cnd)
      }
      failed <- tryCatch(
        suppressMessages(suppressWarnings(withCallingHandlers(
          {
            cases[[name]](text)
            NULL
          },
          condition = keep
        ))),
        error = identity
      )
      label <- sprintf("%s with %s", name, encodeString(text))
      expect_true(is.null(failed) || inherits(failed, class), label = paste(label, class(failed)[1], "is the class"))
      expect_s3_class(caught, class)
      said <- if (is.null(caught)) "nothing" else conditionMessage(caught)
      expect_true(carries(said, text), label = paste(label, "is carried by:", said))
      expect_false(file.exists(mark), label = paste(label, "was run"))
    }
  }
}

plain <- local({
  set.seed(1)
  data.frame(y = rnorm(40), x = rnorm(40), f = rep(c("a", "b"), 20))
})
quick <- moe_control(seed = 1, threads = 1, starts = 2)
fit_of <- function(formula, data = plain, k = 1, ...) moe(formula, data, k, control = quick, ...)
# `names` of columns that nobody would choose
renamed <- function(data, from, to) {
  names(data)[names(data) == from] <- to
  data
}
by_name <- function(text, response = quote(y)) rlang::new_formula(response, as.name(text), globalenv())

test_that("the door of moe() shows text as it is", {
  response <- function(text, values) {
    fit_of(rlang::new_formula(as.name(text), quote(x), globalenv()), renamed(transform(plain, y = values), "y", text))
  }
  expect_text("moe_error_input", list(
    "unknown variable" = function(text) fit_of(by_name(text)),
    "weights that fail" = function(text) fit_of(y ~ x, weights = stop(text)),
    "subset that fails" = function(text) fit_of(y ~ x, subset = stop(text)),
    "method" = function(text) fit_of(y ~ x, method = text),
    "k" = function(text) fit_of(y ~ x, k = text),
    "class of data" = function(text) fit_of(y ~ x, structure(list(), class = text)),
    "class of formula" = function(text) fit_of(structure(list(), class = text)),
    "class of control" = function(text) moe(y ~ x, plain, 1, control = structure(1, class = text)),
    "field of control" = function(text) moe(y ~ x, plain, 1, control = stats::setNames(list(1), text)),
    "class of start" = function(text) fit_of(y ~ x, start = structure(1, class = text)),
    "argument" = function(text) do.call(moe, c(list(y ~ x, plain, 1), stats::setNames(list(1), text))),
    "covariates and a start" = function(text) {
      fit_of(by_name(text), renamed(plain, "x", text), k = 2, start = moe_measure(c(0, 0), diag(2), diag(2), 1:2, 1:2))
    },
    "covariates of a constant expert" = function(text) {
      fit_of(by_name(text), renamed(plain, "x", text), k = 2, expert = expert_constant())
    }
  ))
  expect_text("moe_error_data", list(
    "na.action" = function(text) fit_of(y ~ x, replace(plain, "x", NA_real_), na.action = function(x) stop(text)),
    "response of characters" = function(text) response(text, "a"),
    "response that is not finite" = function(text) response(text, Inf),
    "factor of one level" = function(text) fit_of(by_name(text), renamed(transform(plain, f = "a"), "f", text)),
    "covariate that is not finite" = function(text) {
      fit_of(by_name(text), renamed(transform(plain, x = Inf), "x", text))
    },
    "no k that can be fitted" = function(text) {
      data <- renamed(transform(plain, x = Inf), "x", text)
      select_k(by_name(text), data, k = 1:2, control = quick)
    }
  ))
  dropped <- function(text) fit_of(by_name(text), renamed(transform(plain, x = 1), "x", text))
  binary <- function(text) response_lse(text)
  response_lse <- function(text) {
    data <- renamed(transform(plain, y = as.numeric(y > 0)), "y", text)
    fit_of(rlang::new_formula(as.name(text), quote(x), globalenv()), data, method = "lse")
  }
  expect_text("moe_message_dropped", list("constant column" = dropped))
  expect_text("moe_message_binary", list("response of two values" = binary))
})

test_that("predict() shows text of new data as it is", {
  fit <- fit_of(y ~ f + x)
  named <- function(text, part = "x") fit_of(by_name(text), renamed(plain, part, text))
  expect_text("moe_error_input", list(
    "new level" = function(text) predict(fit, data.frame(f = text, x = 0)),
    "absent column" = function(text) predict(named(text), data.frame(other = 1)),
    "column of another kind" = function(text) predict(named(text), renamed(data.frame(x = "a"), "x", text)),
    "column that is not finite" = function(text) predict(named(text), renamed(data.frame(x = Inf), "x", text)),
    "type" = function(text) predict(fit, type = text),
    "class of newdata" = function(text) predict(fit, structure(list(), class = text)),
    "argument" = function(text) do.call(predict, c(list(fit), stats::setNames(list(1), text))),
    "response" = function(text) {
      model <- fit_of(rlang::new_formula(as.name(text), quote(x), globalenv()), renamed(plain, "y", text), k = 2)
      predict(model, data.frame(x = 0), type = "density")
    }
  ))
})

test_that("inference shows text as it is", {
  fit <- fit_of(y ~ x)
  named <- function(text, ...) fit_of(by_name(text), renamed(plain, "x", text), ...)
  expect_text("moe_error_input", list(
    "parm" = function(text) confint(fit, text),
    "names of coefficients" = function(text) confint(named(text), "none"),
    "vcov" = function(text) summary(fit, vcov = text),
    "class of vcov" = function(text) summary(fit, vcov = structure(list(), class = text)),
    "class of a fit" = function(text) moe_bootstrap(structure(list(), class = text)),
    "covariate of a picture" = function(text) autoplot(fit_of(y ~ x + f), covariate = text),
    "type of a picture" = function(text) autoplot(fit, text),
    "criterion" = function(text) select_k(y ~ x, plain, k = 1:2, criterion = text),
    "argument of select_k()" = function(text) {
      do.call(select_k, c(list(y ~ x, plain, k = 1:2), stats::setNames(list(1), text)))
    },
    "data of augment()" = function(text) augment(fit, data = structure(list(), class = text))
  ))
  exact <- function(text) {
    data <- renamed(transform(plain, y = as.numeric(x > 0)), "x", text)
    suppressWarnings(model <- fit_of(by_name(text), data, k = 2))
    vcov(model)
  }
  expect_text("moe_warning", list("coefficients without errors" = exact))
})

test_that("measures, losses and designs show text as they are", {
  named <- function(text) {
    slopes <- matrix(c(1, -1), 2, 1, dimnames = list(NULL, text))
    moe_measure(c(0, 0), slopes, slopes, 1:2, 1:2)
  }
  expect_text("moe_error_input", list(
    "field of a measure" = function(text) as_measure(stats::setNames(list(1), text)),
    "class of a measure" = function(text) voronoi_loss(structure(list(), class = text), named("x")),
    "absent covariate" = function(text) dmoe(0, data.frame(other = 1, another = 2), named(text)),
    "columns that are not numeric" = function(text) dmoe(0, renamed(data.frame(x = "a"), "x", text), named(text)),
    "loss" = function(text) voronoi_loss(named("x"), named("x"), text),
    "metric" = function(text) moe_distance(named("x"), named("x"), metric = text, design = design_uniform(0, 1)),
    "class of a design" = function(text) rmoe(3, named("x"), structure(list(), class = text)),
    "covariates of a design" = function(text) rmoe(3, named(text), design_uniform(c(0, 0), c(1, 1))),
    "data of a design" = function(text) design_empirical(renamed(data.frame(x = "a"), "x", text)),
    "class of an expert" = function(text) {
      moe_measure(c(0, 0), c(1, 2), c(1, 2), 1:2, 1:2, expert = structure(list(), class = text))
    },
    "class of a gate" = function(text) {
      moe_measure(c(0, 0), c(1, 2), c(1, 2), 1:2, 1:2, gate = structure(list(), class = text))
    },
    "parameters" = function(text) strong_identifiability(named("x"), parameters = text, design = design_uniform(0, 1))
  ))
})

test_that("studies show text as it is", {
  study <- small_study()
  run <- function(...) small_study(...)
  expect_text("moe_error_input", list(
    "loss" = function(text) run(loss = text), "protocol" = function(text) run(protocol = text),
    "class of the truth" = function(text) moe_study(structure(list(), class = text), 2, 100, 1),
    "class of the start" = function(text) {
      moe_study(truth_overlap(), 2, 100, 1, start = structure(list(), class = text))
    },
    "loss of rates()" = function(text) rates(study, loss = text),
    "class of a study" = function(text) rates(structure(list(), class = text)),
    "seed" = function(text) run(seed = text)
  ))
  skip_on_os("windows")
  withr::local_dir(withr::local_tempdir())
  # names of files have no slashes
  texts <- gsub(dirname(mark), "", hostile, fixed = TRUE)
  texts <- gsub("/", "", texts, fixed = TRUE)
  expect_text("moe_error_checkpoint", texts = texts, list(
    "directory that is a file" = function(text) {
      writeLines("mine", text)
      withr::defer(unlink(text, expand = FALSE))
      run(checkpoint = text)
    },
    "file in the directory" = function(text) {
      dir.create("used")
      withr::defer(unlink("used", recursive = TRUE))
      writeLines("mine", file.path("used", text))
      run(checkpoint = "used")
    }
  ))
  expect_text("moe_warning_checkpoint", texts = texts, list("damaged file" = function(text) {
    withr::defer(unlink("damaged", recursive = TRUE))
    dir.create("damaged")
    writeLines("mine", file.path("damaged", paste0("rows-", text, ".moe")))
    run(checkpoint = "damaged", n = 100, reps = 1)
  }))
  expect_identical(list.files(), character())
})
