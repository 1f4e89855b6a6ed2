#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/adapters/kafka_broker.h"

namespace kpiwatch {

// Ends the broker before the program does: its client has threads.
class KafkaBrokerEnvironment : public testing::Environment {
 public:
  void TearDown() override { KafkaTest::broker_.reset(); }
};

namespace {
[[maybe_unused]] const testing::Environment* const kEnvironment =
    testing::AddGlobalTestEnvironment(new KafkaBrokerEnvironment());
}  // namespace

void KafkaTest::SetUp() {
  if (broker_ == nullptr) {
    absl::StatusOr<std::unique_ptr<KafkaBroker>> started = KafkaBroker::Start();
    if (absl::IsFailedPrecondition(started.status())) {
      const char* ci = std::getenv("CI");
      if (ci != nullptr && std::string_view(ci) == "true") {
        GTEST_FAIL() << started.status();
      }
      std::fprintf(stderr, "SKIPPED, no broker: %s\n", started.status().ToString().c_str());
      GTEST_SKIP() << started.status();
    }
    ASSERT_TRUE(started.ok()) << started.status();
    broker_ = *std::move(started);
  }
  broker_->Resume();
  if (!broker_->running()) {
    ASSERT_TRUE(broker_->Restart().ok());
  }
}

std::string KafkaTest::UniqueName(const std::string& prefix) {
  static int count = 0;
  return fmt::format("{}-{}", prefix, ++count);
}

}  // namespace kpiwatch
