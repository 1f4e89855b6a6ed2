// Early returns on errors: the two macros that every call of a fallible function uses.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Evaluates `expr` (an absl::Status); returns it from the enclosing function unless it is OK.
#define KPIWATCH_RETURN_IF_ERROR(expr)                                  \
  do {                                                                  \
    if (absl::Status kpiwatch_status = (expr); !kpiwatch_status.ok()) { \
      return kpiwatch_status;                                           \
    }                                                                   \
  } while (false)

#define KPIWATCH_CONCAT_INNER(a, b) a##b
#define KPIWATCH_CONCAT(a, b) KPIWATCH_CONCAT_INNER(a, b)

// Evaluates `expr` (an absl::StatusOr<T>); assigns its value to `lhs` or returns its status.
#define KPIWATCH_ASSIGN_OR_RETURN(lhs, expr) \
  KPIWATCH_ASSIGN_OR_RETURN_IMPL(KPIWATCH_CONCAT(kpiwatch_status_or_, __LINE__), lhs, expr)
// NOLINTBEGIN(bugprone-macro-parentheses): `tmp` is a name and `lhs` may be a declaration
#define KPIWATCH_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                                   \
  if (!tmp.ok()) {                                     \
    return tmp.status();                               \
  }                                                    \
  lhs = *std::move(tmp)
// NOLINTEND(bugprone-macro-parentheses)
