#include "daemon/kafka/conf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

#include "daemon/base/nearest_name.h"
#include "daemon/base/status_macros.h"

namespace kpiwatch::kafka {
namespace {

constexpr std::array kReading = {
    Reserved{"group.id", "use group"},
    Reserved{"isolation.level", "what a producer took back does not count"},
    Reserved{"enable.auto.commit", "positions are kept in the daemon's own store"},
    Reserved{"enable.auto.offset.store", "positions are kept in the daemon's own store"},
    Reserved{"auto.offset.reset", "a position out of range always stops its partition"},
    Reserved{"enable.partition.eof", "the daemon needs it to know that it has caught up"},
};

constexpr std::array kWriting = {
    Reserved{"transactional.id", "it is made of the instance"},
    Reserved{"enable.idempotence", "transactions need it"},
    Reserved{"acks", "transactions need all of them"},
    Reserved{"delivery.report.only.error", "commits are quick because of its value"},
    Reserved{"transaction.timeout.ms", "the daemon counts on its own value"},
};

absl::Status Invalid(const std::string& text) { return absl::InvalidArgumentError(text); }

// The library tells all of them, aliases too, only as a printed table: "name | C/P | range | ...".
std::vector<std::string> KnownProperties() {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* memory = open_memstream(&text, &size);
  if (memory == nullptr) {
    return {};
  }
  rd_kafka_conf_properties_show(memory);
  (void)std::fclose(memory);
  std::vector<std::string> names;
  std::istringstream table(std::string(text, size));
  std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): given by open_memstream
  for (std::string line; std::getline(table, line);) {
    const size_t end = line.find(' ');
    if (line.find(" | ") != std::string::npos && end != 0 && end != std::string::npos) {
      names.push_back(line.substr(0, end));
    }
  }
  return names;
}

absl::Status Unknown(const std::string& name) {
  const std::vector<std::string> known = KnownProperties();
  const std::optional<std::string_view> nearest = NearestName(name, known);
  return Invalid(
      nearest ? fmt::format("unknown Kafka property '{}', did you mean '{}'?", name, *nearest)
              : fmt::format("unknown Kafka property '{}'", name));
}

// A `secret` value stays out of the message, which would quote it.
absl::Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value,
                 bool secret) {
  std::array<char, 512> error{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error.data(), error.size())) {
    case RD_KAFKA_CONF_OK:
      return absl::OkStatus();
    case RD_KAFKA_CONF_UNKNOWN:
      return Unknown(name);
    default:
      return Invalid(secret ? fmt::format("Kafka property '{}' does not take this value", name)
                            : fmt::format("Kafka property '{}': {}", name, error.data()));
  }
}

absl::StatusOr<std::string> ReadSecret(const std::string& name, const std::string& file,
                                       const std::string& env) {
  std::string value;
  if (!file.empty()) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      return Invalid(fmt::format("Kafka property '{}': cannot read the file '{}'", name, file));
    }
    value.assign(std::istreambuf_iterator<char>(in), {});
    // Editors end a file with a newline that is no part of the secret.
    while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) {
      value.pop_back();
    }
  } else if (const char* found = std::getenv(env.c_str())) {  // NOLINT(concurrency-mt-unsafe)
    value = found;
  } else {
    return Invalid(
        fmt::format("Kafka property '{}': the environment variable '{}' is not set", name, env));
  }
  if (value.empty()) {
    return Invalid(
        fmt::format("Kafka property '{}': '{}' is empty", name, file.empty() ? env : file));
  }
  return value;
}

absl::Status CheckReserved(const std::string& name, std::span<const Reserved> reserved) {
  if (name == "bootstrap.servers" || name == "metadata.broker.list") {
    return Invalid(fmt::format("Kafka property '{}' cannot be set: use brokers", name));
  }
  for (const Reserved& r : reserved) {
    if (name == r.name) {
      return Invalid(fmt::format("Kafka property '{}' cannot be set: {}", name, r.instead));
    }
  }
  return absl::OkStatus();
}

}  // namespace

constexpr std::span<const Reserved> kReservedForReading = kReading;
constexpr std::span<const Reserved> kReservedForWriting = kWriting;

absl::Status CheckProperty(const std::string& name, const std::string* value,
                           std::span<const Reserved> reserved) {
  KPIWATCH_RETURN_IF_ERROR(CheckReserved(name, reserved));
  if (value != nullptr) {
    const ConfPtr conf(rd_kafka_conf_new());
    return Set(conf.get(), name, *value, false);
  }
  // rd_kafka_conf_get does not know those that have no value either.
  const std::vector<std::string> known = KnownProperties();
  return std::find(known.begin(), known.end(), name) != known.end() ? absl::OkStatus()
                                                                    : Unknown(name);
}

absl::StatusOr<ConfPtr> MakeConf(const Cluster& cluster, std::span<const Property> defaults,
                                 std::span<const Reserved> reserved) {
  if (cluster.brokers.empty()) {
    return Invalid("no Kafka brokers are given");
  }
  ConfPtr conf(rd_kafka_conf_new());
  for (const Property& p : defaults) {
    rd_kafka_conf_set(conf.get(), std::string(p.name).c_str(), std::string(p.value).c_str(),
                      nullptr, 0);
  }
  KPIWATCH_RETURN_IF_ERROR(Set(conf.get(), "bootstrap.servers", cluster.brokers, false));
  for (const auto& [name, value] : cluster.properties) {
    KPIWATCH_RETURN_IF_ERROR(CheckReserved(name, reserved));
    KPIWATCH_RETURN_IF_ERROR(Set(conf.get(), name, value, false));
  }
  for (const auto& [name, place] : cluster.secrets) {
    KPIWATCH_RETURN_IF_ERROR(CheckReserved(name, reserved));
    KPIWATCH_ASSIGN_OR_RETURN(const std::string value, ReadSecret(name, place.first, place.second));
    KPIWATCH_RETURN_IF_ERROR(Set(conf.get(), name, value, true));
  }
  return conf;
}

}  // namespace kpiwatch::kafka
