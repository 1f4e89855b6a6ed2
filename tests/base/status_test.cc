#include <gtest/gtest.h>

#include <memory>

#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"

namespace kpiwatch {
namespace {

absl::StatusOr<std::unique_ptr<int>> Half(int value) {
  if (value % 2 != 0) {
    return absl::InvalidArgumentError("odd");
  }
  return std::make_unique<int>(value / 2);
}

absl::StatusOr<int> Quarter(int value) {
  KPIWATCH_ASSIGN_OR_RETURN(const std::unique_ptr<int> half, Half(value));
  KPIWATCH_ASSIGN_OR_RETURN(std::unique_ptr<int> quarter, Half(*half));
  return *quarter;
}

absl::Status Positive(int value) {
  return value > 0 ? absl::OkStatus() : absl::OutOfRangeError("not positive");
}

absl::Status BothPositive(int a, int b, int* checked) {
  KPIWATCH_RETURN_IF_ERROR(Positive(a));
  ++*checked;
  KPIWATCH_RETURN_IF_ERROR(Positive(b));
  ++*checked;
  return absl::OkStatus();
}

TEST(StatusMacrosTest, AssignOrReturnUnwrapsOrLeaves) {
  EXPECT_EQ(Quarter(12).value(), 3);
  EXPECT_EQ(Quarter(6).status(), absl::InvalidArgumentError("odd"));
}

TEST(StatusMacrosTest, ReturnIfErrorLeavesAtTheFirstError) {
  int checked = 0;
  EXPECT_TRUE(BothPositive(1, 1, &checked).ok());
  EXPECT_EQ(checked, 2);
  checked = 0;
  EXPECT_EQ(BothPositive(0, 1, &checked), absl::OutOfRangeError("not positive"));
  EXPECT_EQ(checked, 0);
}

TEST(StatusTextTest, ContextGoesBeforeTheMessageAndKeepsTheCode) {
  const absl::Status status = WithContext("a.json", absl::NotFoundError("no such file"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "a.json: no such file");
}

}  // namespace
}  // namespace kpiwatch
