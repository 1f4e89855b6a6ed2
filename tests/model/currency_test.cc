#include "daemon/model/currency.h"

#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

TEST(CurrencyTest, KnowsTheDigitsOfTheMinorUnit) {
  for (const char* code : {"CNY", "USD", "EUR", "HKD", "TWD", "GBP", "AED", "ZWG", "XCD"}) {
    EXPECT_EQ(CurrencyDigits(code), 2) << code;
  }
  for (const char* code : {"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XPF"}) {
    EXPECT_EQ(CurrencyDigits(code), 0) << code;
  }
  for (const char* code : {"KWD", "BHD", "IQD", "JOD", "LYD", "OMR", "TND"}) {
    EXPECT_EQ(CurrencyDigits(code), 3) << code;
  }
  EXPECT_EQ(CurrencyDigits("CLF"), 4);
  EXPECT_EQ(CurrencyDigits("UYW"), 4);
}

TEST(CurrencyTest, RefusesWhatIsNoCurrency) {
  for (const char* code : {"", "CN", "CNYY", "cny", "RMB", "XXX", "XAU", "元", "C Y"}) {
    EXPECT_EQ(CurrencyDigits(code), std::nullopt) << code;
  }
}

}  // namespace
}  // namespace kpiwatch
