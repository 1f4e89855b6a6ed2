// Suites of "this expression means that" and "this mistake is answered so", shared by the files of
// the language's tests.
#pragma once

#include <string>

#include "gtest/gtest.h"
#include "tests/lang/testing.h"

namespace kpiwatch::lang {

struct Case {
  std::string source;
  std::string result;
};
// Evaluates over the values that program_test.cc sets.
class Meaning : public testing::TestWithParam<Case> {};

struct Mistake {
  std::string source;
  size_t offset;
  std::string message;
  Type result = Type::kAny;
};
class Mistakes : public testing::TestWithParam<Mistake> {};

}  // namespace kpiwatch::lang
