# @TITLE@
# R 4.1 or newer with httr2 (install.packages("httr2")). Wants the key in PORTICO_KEY.

library(httr2)

url <- "@URL@"
key <- "@KEY@"
parameters <- "@PARAMETERS@"
row <- list(
  "@ROW@"
)

# Scores rows (lists by column); the answer is a data frame with a row for each, in the same order.
score <- function(rows, tries = 6) {
  body <- list(Inputs = list(input1 = rows), GlobalParameters = parameters)
  throttled <- function(answer) resp_status(answer) %in% c(429, 503)
  answer <- request(url) |>
    req_headers(Authorization = paste("Bearer", key)) |>
    req_body_json(body) |>
    req_timeout(120) |>
    # The limit was reached: httr2 waits as long as Retry-After says; without it, longer from try to try.
    req_retry(
      max_tries = tries,
      is_transient = throttled,
      backoff = function(attempt) runif(1, 0.5, 1) * 2^(attempt - 2)
    ) |>
    req_error(is_error = function(answer) FALSE) |>
    req_perform()
  if (resp_status(answer) != 200) stop(explained(answer), call. = FALSE)
  resp_body_json(answer, simplifyVector = TRUE)$Results$output1
}

# An error's code, message and details, one a line.
explained <- function(answer) {
  status <- resp_status(answer)
  body <- tryCatch(resp_body_json(answer, check_type = FALSE), error = function(e) NULL)
  if (is.null(body$error)) return(paste0(status, ": ", resp_body_string(answer)))
  lines <- sprintf("%d %s: %s", status, body$error$code, body$error$message)
  for (detail in body$error$details) {
    where <- if (is.null(detail$target)) "" else sprintf(" (%s)", detail$target)
    lines <- c(lines, sprintf("  %s%s: %s", detail$code, where, detail$message))
  }
  paste(lines, collapse = "\n")
}

print(score(list(row)))
